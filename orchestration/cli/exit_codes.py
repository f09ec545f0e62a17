"""The exit codes of every command, which scripts rely on. Errors carry those above 1."""

from orchestration.errors import MetaAdsError, UnreachableError, UsageError

DONE = 0
"""Done, and nothing is wrong."""
UNFINISHED = 1
"""Finished, but something is owed, refused, left out or still open."""
WRONG_USE = UsageError.exit_code
UNREACHABLE = UnreachableError.exit_code
FAILED = MetaAdsError.exit_code
"""Failed: nothing was published, or the published data are not healthy."""
INTERRUPTED = 130
