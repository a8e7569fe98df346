"""Transport, storage and contracts that the services and the gateway stand on; no business rule."""
