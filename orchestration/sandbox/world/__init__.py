"""The seeded demo accounts: their objects, their numbers day by day, the exact totals."""
