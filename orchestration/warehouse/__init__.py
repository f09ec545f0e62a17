"""The warehouse: a Postgres server, its schema, and the few writes that matter."""
