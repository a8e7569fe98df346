"""Contracts are the events of the platform, by the service that publishes them; they only grow."""
