"""Collects client-days: plans which are owed, asks for them, has the answers judged, keeps them."""
