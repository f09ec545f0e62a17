"""What is served beside the marts: the running month for the KPI API."""
