"""What the collection writes: batches, landed rows, staging, quarantine, readings."""
