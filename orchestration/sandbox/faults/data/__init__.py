"""Faults in the data: rows that arrive without an error and hold wrong numbers."""
