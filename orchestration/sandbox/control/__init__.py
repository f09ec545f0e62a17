"""The sandbox's clock, its scripted days, its own routes below `/sandbox/` and their client."""
