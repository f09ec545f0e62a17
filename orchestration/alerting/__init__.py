"""Alerts: finds what is wrong, opens and resolves alerts, and sends messages about them once."""
