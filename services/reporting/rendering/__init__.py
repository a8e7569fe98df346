"""A data document drawn as PDF and HTML; the same bytes for the same document."""
