"""Reporting owns the reports that people read, sign and send, and the facts behind them."""
