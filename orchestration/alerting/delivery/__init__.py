"""Sends messages: outbox, attempts, pauses, and what is sent while the warehouse is away."""
