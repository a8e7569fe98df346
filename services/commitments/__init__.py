"""Commitments owns promises, the clocks that ticket events drive, their alerts and attainment."""
