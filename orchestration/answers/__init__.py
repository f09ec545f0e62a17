"""What the API said, in the types that collection, gate and warehouse share. No I/O."""
