"""What each command does: call the packages below, and hand the result to the output."""
