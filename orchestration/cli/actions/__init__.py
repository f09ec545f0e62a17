"""What each command does: it calls the layers below and hands the result to the output."""
