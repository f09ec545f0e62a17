"""The checks of the health API as Dagster asset checks."""
