"""The gateway: one host, one OpenAPI document and one identity in front of the services."""
