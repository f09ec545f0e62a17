"""The command line `meta-ads`."""
