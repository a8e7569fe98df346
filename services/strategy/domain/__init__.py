"""The rules of the strategy service: how a measured value becomes a score."""
