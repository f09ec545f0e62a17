"""The ledger: clients, ad accounts, owed days, claims, failures and what was recovered."""
