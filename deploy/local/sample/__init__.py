"""The sample: a real incident log, sent through the gateway as a ticketing tool would send it."""

from deploy.local.sample.loading import load_sample, open_demo

__all__ = ["load_sample", "open_demo"]
