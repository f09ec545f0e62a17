"""Days as Dagster partitions, so that the UI can name a range to collect.

Whether a day is collected, the receipts in the ledger say. A sensor marks the partitions so.
"""

import dagster as dg

DAYS = dg.DailyPartitionsDefinition(start_date="2023-01-01", end_offset=1)
