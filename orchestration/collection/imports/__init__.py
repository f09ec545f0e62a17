"""Imports of exports: their rows become the answer of windows, and go the way of any answer."""
