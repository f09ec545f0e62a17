"""The health checks as Dagster shows them."""
