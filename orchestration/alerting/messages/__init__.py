"""What messages say: the rules with their sentences, and events put together to messages."""
