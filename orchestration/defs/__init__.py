"""Dagster only: assets, checks and jobs whose bodies call the layers."""
