"""Ingestion assets: what Meta says, collected, checked and staged."""
