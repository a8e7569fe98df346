"""The rules of commitments: calendars, conditions, clocks, the seven states and attainment."""
