"""Writes of the collection: landed rows, staging, quarantine, readings of each day."""
