"""Data Docs: the pages that show what the suites found in a run."""
