"""The ledger: clients, accounts, what is owed and claimed, what failed, what was recovered."""
