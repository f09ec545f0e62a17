"""Dagster's web server and daemon as processes of this project."""
