"""Request and response bodies of the commitments service."""
