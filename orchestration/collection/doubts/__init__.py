"""Days whose answer is in doubt, and the questions about them to deeper levels."""
