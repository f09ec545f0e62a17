"""The commands and their options: each parses its arguments and calls one action."""
