"""Faults that can be set, each kind spoils answers in one way; `dial` has those that are set."""
