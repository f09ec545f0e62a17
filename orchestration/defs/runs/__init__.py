"""Runs of Dagster's jobs: started from the command line, and what is noted when they end."""
