"""Sends messages: the outbox, attempts and pauses, and what is sent while the warehouse is away."""
