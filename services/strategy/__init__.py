"""Strategy owns the organisation, its people and its KPIs, and how attainment becomes a reading."""
