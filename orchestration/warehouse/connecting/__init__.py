"""How a connection is opened: address, wait, session, pooler, and errors in plain sentences."""
