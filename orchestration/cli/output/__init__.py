"""What is printed: for people on the terminal, for programs as JSON."""
