"""Reads of the assessment service: filters and pages."""
