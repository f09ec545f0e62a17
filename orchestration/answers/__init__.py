"""The types that collection, gate and warehouse share about what the API said. No I/O."""
