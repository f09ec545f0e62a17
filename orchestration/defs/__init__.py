"""Everything that Dagster runs or shows; the work itself is done by the packages below."""
