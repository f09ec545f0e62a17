"""Errors of the database server as the errors of this project: one sentence, with the remedy."""

import psycopg
from psycopg import errors

from orchestration.errors import BrokenOffError, MetaAdsError, UnreachableError

LOST = ("08", "57P01", "57P02", "57P03", "58")
"""Beginnings of the SQLSTATEs that end a connection; an error without one had no answer at all."""
FULL = ("too many clients", "remaining connection slots", "too many connections", "no more connec")
"""Words of a server or pooler with no connection left: an error at login has no SQLSTATE."""
NO_SPACE = "No space left on device"
LIMITS: dict[type[psycopg.Error], str] = {
    errors.QueryCanceled: "statement_timeout",
    errors.IdleInTransactionSessionTimeout: "idle_in_transaction_session_timeout",
    errors.IdleSessionTimeout: "idle_session_timeout",
    errors.TransactionTimeout: "transaction_timeout",
}


def as_user_error(error: psycopg.Error, *, is_open: bool) -> MetaAdsError | None:
    """The error as a user should read it; None where it is a fault of this program.

    `is_open` says that the connection was open and work had begun.
    """
    line = first_line(error)
    # With a full disk the server may refuse even a login, and then names no SQLSTATE.
    if isinstance(error, errors.DiskFull) or NO_SPACE in line:
        return MetaAdsError(
            f"The warehouse's disk is full ({line}): nothing of this step was kept. Free space and "
            "run again."
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return read_only_error(line)
    if is_full(error):
        return UnreachableError(
            f"The warehouse takes no more connections ({line}): raise max_connections, or the "
            "limit of the login or the pooler, or end other programs; a run needs up to ten, and "
            "meta-ads up another twelve."
        )
    if not isinstance(error, psycopg.OperationalError):
        return None
    if type(error) in LIMITS:
        return BrokenOffError(
            f"The warehouse broke off a step ({line}): nothing of it was kept. Its setting "
            f"{LIMITS[type(error)]}, a person or another session did so; run again, and look at "
            "pg_stat_activity if it stays."
        )
    if error.sqlstate is not None and not error.sqlstate.startswith(LOST):
        return BrokenOffError(
            f"The warehouse does not take a step ({line}): nothing of it was kept; run again."
        )
    kind = BrokenOffError if is_open else UnreachableError
    return kind(
        f"The warehouse cannot be reached ({line}): check WAREHOUSE_URL, or, without one, "
        "`meta-ads server status`."
    )


def is_fault_of_server(error: psycopg.Error) -> bool:
    """Whether the server or the connection is at fault, and not the statement."""
    if isinstance(error, (*LIMITS, errors.LockNotAvailable)):
        return True
    state = error.sqlstate
    return isinstance(error, psycopg.OperationalError) and (
        state is None or state.startswith((*LOST, "53"))
    )


def lock_error(error: psycopg.Error, holders: str) -> BrokenOffError:
    """A lock was not free in time; `holders` are the sessions that may hold it."""
    named = f"Held by {holders}" if holders else "Nobody holds it any more"
    return BrokenOffError(
        f"The warehouse broke off a step ({first_line(error)}): nothing of it was kept. {named}. "
        "`select pg_terminate_backend(PID)` ends a session that does not end by itself; run again."
    )


def read_only_error(line: str) -> UnreachableError:
    """The database takes no writes; `line` is what it said."""
    return UnreachableError(
        f"The warehouse is read-only ({line}): nothing of this step was kept. Hosts do this when "
        "disk or quota are used up, and a standby always is; make it writable "
        "(default_transaction_read_only), or let WAREHOUSE_URL name the primary."
    )


def is_full(error: psycopg.Error) -> bool:
    """Whether the server or the pooler had no connection left."""
    return isinstance(error, errors.TooManyConnections) or (
        error.sqlstate is None and any(words in str(error) for words in FULL)
    )


def first_line(error: psycopg.Error) -> str:
    """The first line of the message, without the place in the statement."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
