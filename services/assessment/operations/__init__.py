"""What the assessment service can do: one function, one transaction."""
