"""Alerts: sensors that judge the ledger and send what waits in the outbox."""
