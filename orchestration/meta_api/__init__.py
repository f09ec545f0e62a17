"""The Insights API over HTTP: requests and tenacity, no Dagster, no SQL."""
