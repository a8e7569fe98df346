"""Reads of the commitments service: filters and pages."""
