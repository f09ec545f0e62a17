"""dbt from Python: where its project is, which environment it needs, how a build ended."""
