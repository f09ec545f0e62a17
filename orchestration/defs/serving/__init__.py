"""What the KPI API serves beside the marts: the current month."""
