"""The warehouse: a Postgres server, its schema, and the few writes that matter, each one transaction."""
