"""What a session of the warehouse is set to, whatever server, database, login or pooler say.

They are set after connecting, not as startup options: a pooler refuses those.
"""

from collections.abc import Mapping

from psycopg import sql

from orchestration.settings import Settings

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
    # A host's limits are for strangers: a first build takes longer, and the turn to build is idle.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}
NEWER = frozenset({"transaction_timeout"})
"""Settings that the oldest server in use does not know."""


def session_values(settings: Settings) -> dict[str, str]:
    """The settings of every session, with business time for `ops.business_now()`."""
    bounds = {"lock_timeout": f"{settings.lock_wait_seconds * 1000:.0f}ms"}
    now = settings.now_override
    told = {"meta_ads.now": now.strftime("%Y-%m-%dT%H:%M:%SZ")} if now is not None else {}
    return FIXED | bounds | told


def session_statement(values: Mapping[str, str]) -> str:
    """One statement that sets them and answers with the server's own number of the session."""
    columns = ["pg_backend_pid()", *(_setting(name, value) for name, value in values.items())]
    return f"select {', '.join(columns)}"


def _setting(name: str, value: str) -> str:
    call = f"set_config({_literal(name)}, {_literal(value)}, false)"
    if name not in NEWER:
        return call
    return f"case when current_setting({_literal(name)}, true) is not null then {call} end"


def _literal(text: str) -> str:
    return sql.Literal(text).as_string(None)
