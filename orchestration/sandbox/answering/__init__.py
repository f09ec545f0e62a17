"""Answers calls of the Insights API: rows, nodes, fields, filters, breakdowns, reports."""
