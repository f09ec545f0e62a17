"""The insights edge: rows at once, and rows read out of an asynchronous report."""
