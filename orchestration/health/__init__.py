"""Whether the data can be trusted, and why not: checks, health and KPI API, dashboard, metrics."""
