"""The whole platform on one machine: database, broker, services and gateway from one command."""
