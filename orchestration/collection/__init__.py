"""What is owed, collecting it, and handing it to the gate."""
