"""Owns maturity and excellence models, and the ratings, scores and road maps made with them."""
