"""The client of Meta's Marketing API: HTTP only, no Dagster, no SQL."""
