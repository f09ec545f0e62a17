"""Alerts: what a person should know, opened and resolved by the facts, delivered once."""
