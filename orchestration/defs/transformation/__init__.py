"""The dbt project in Dagster: its models as assets, its tests as asset checks."""
