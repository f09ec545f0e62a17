"""Dagster's web server and daemon, as parts of `meta-ads up`."""
