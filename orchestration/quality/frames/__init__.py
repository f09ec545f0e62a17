"""The tables that the suites check: one module for each suite of `expectations`, of its name."""
