"""The sandbox's own routes below `/sandbox/`: truth, faults, clock, scenarios."""
