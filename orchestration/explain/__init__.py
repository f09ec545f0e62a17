"""Explains a published number: its days, its earlier values, and how far its month is."""
