"""A whole installation in one file: warehouse, roles, clients file and Dagster's records."""
