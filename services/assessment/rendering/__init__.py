"""Sheets for rating off line: written for one rater, and read back with every fault."""
