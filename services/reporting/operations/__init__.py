"""What the reporting service can do: one function, one transaction."""
