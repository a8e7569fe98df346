"""Request and response bodies of the assessment service."""
