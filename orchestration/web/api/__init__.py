"""The JSON API: data health, KPIs, and their schema."""
