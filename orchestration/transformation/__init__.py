"""dbt from Python: where the project is, what it needs of the environment, how a build ended."""
