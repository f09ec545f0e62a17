"""Errors that end a command with one clear sentence and a stated exit code.

The exit codes are part of the public interface:
0 done and healthy, 1 finished but something is owed, refused, left out or to be looked at,
2 wrong use or settings, 3 a service cannot be reached, 4 failed and nothing published,
130 interrupted.
"""


class MetaAdsError(Exception):
    """The base class; the text of an error is one sentence with the cause and the remedy."""

    exit_code = 4


class UsageError(MetaAdsError):
    """Wrong options, settings or files."""

    exit_code = 2


class UnreachableError(MetaAdsError):
    """A service (the API, the warehouse) cannot be reached, or Meta refuses every token."""

    exit_code = 3


class BrokenOffError(UnreachableError):
    """The warehouse ended some work, mostly by going away: it may succeed if it is tried again."""
