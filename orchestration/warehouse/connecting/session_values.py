"""The settings of every session, so that those of a server, database or login do not matter.

They are set after connecting, not as startup options, because poolers refuse those.
"""

from collections.abc import Mapping

from psycopg import sql

from orchestration.settings import Settings
from orchestration.text import iso_instant

FIXED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "search_path": '"$user", public',
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    # No limits: a first build is long, and the transaction that holds the build lock is idle.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}
NEWER = frozenset({"transaction_timeout"})
"""Settings that the oldest server that is supported does not know."""


def session_values(settings: Settings) -> dict[str, str]:
    """The settings of every session, with business time for `ops.business_now()`."""
    values = FIXED | {"lock_timeout": f"{settings.lock_wait_seconds * 1000:.0f}ms"}
    if (now := settings.now_override) is not None:
        values["meta_ads.now"] = iso_instant(now)
    return values


def session_statement(values: Mapping[str, str]) -> str:
    """One statement that sets these values and returns the process id of the session."""
    columns = ["pg_backend_pid()", *(_setting(name, value) for name, value in values.items())]
    return f"select {', '.join(columns)}"


def _setting(name: str, value: str) -> str:
    call = f"set_config({_literal(name)}, {_literal(value)}, false)"
    if name not in NEWER:
        return call
    return f"case when current_setting({_literal(name)}, true) is not null then {call} end"


def _literal(text: str) -> str:
    return sql.Literal(text).as_string(None)
