"""Days as Dagster sees them: the UI's way to name a range. What a day holds, the receipts say."""

import dagster as dg

DAYS = dg.DailyPartitionsDefinition(start_date="2023-01-01", end_offset=1)
