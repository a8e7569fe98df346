"""What the commitments service can do: one function, one transaction."""
