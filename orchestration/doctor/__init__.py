"""Looks at everything that an installation needs, and changes nothing."""
