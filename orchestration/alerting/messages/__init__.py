"""What messages say: rules with their sentences, and events put together for a destination."""
