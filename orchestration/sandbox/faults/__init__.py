"""The kinds of faults, each of which spoils answers in one way; `dial` has those that are set."""
