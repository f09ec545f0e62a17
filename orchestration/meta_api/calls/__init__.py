"""One call of the Graph API: how it is sent, tried again, read, and mapped to an error."""
