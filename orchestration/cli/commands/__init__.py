"""The commands with their arguments, options and help texts; each calls one action."""
