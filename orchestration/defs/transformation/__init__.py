"""Transformation assets: the dbt project, its models as assets and its tests as checks."""
