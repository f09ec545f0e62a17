"""The warehouse: the Postgres server, its schema, and everything that is written to it."""
