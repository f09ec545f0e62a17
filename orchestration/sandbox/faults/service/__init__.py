"""Faults of the service: requests that fail, and answers that do not arrive as they should."""
