"""Runs of Dagster jobs: how the command line starts them, and what is noted when they end."""
