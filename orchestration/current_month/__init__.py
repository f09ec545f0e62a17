"""The running month so far, kept in a cache for the KPI API and refreshed every hour."""
