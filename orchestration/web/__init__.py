"""The web server: HTTP API, dashboard and metrics."""
