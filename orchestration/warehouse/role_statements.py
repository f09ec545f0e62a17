"""The SQL with which an administrator makes the roles where this program's login may not.

What it says of the roles is what `ops.ensure_role` and `ops.limit_reader` do where they may; the
text under Bounds in docs/analysts.md is its output.
"""

from collections.abc import Iterator

from psycopg import sql

from orchestration.settings import Settings

PURPOSES = {
    "transformer": "builds and publishes (dbt)",
    "analyst": "reads the marts",
    "loader": "collects",
    "monitor": "reads the ledger, the findings and the marts",
    "marts_reader": "the login of meta-ads sql",
}
"""What each role is for. The comment on a role tells this program that it may set its limits."""
READERS = ("analyst", "marts_reader")
"""The roles whose sessions are bounded."""


def role_statements(settings: Settings, login: str) -> Iterator[str]:
    """The statements that make all roles with their limits, and hand them to `login`."""
    for name, purpose in PURPOSES.items():
        yield from statements_of(settings, name, purpose, login)


def statements_of(settings: Settings, name: str, purpose: str, login: str) -> Iterator[str]:
    """The statements that make one role."""
    role = f"{settings.role_prefix}{name}"
    limit = f" connection limit {settings.analyst_connections}" if name in READERS else ""
    yield f"create role {_name(role)} login{limit};"
    yield f"comment on role {_name(role)} is {_text(f'meta-ads-warehouse: {purpose}')};"
    if name in READERS:
        for setting, value in {
            "statement_timeout": f"{settings.analyst_statement_seconds}s",
            "idle_in_transaction_session_timeout": f"{settings.analyst_idle_seconds}s",
            "default_transaction_read_only": "on",
            "default_transaction_isolation": "repeatable read",
        }.items():
            yield f"alter role {_name(role)} set {setting} = {_text(value)};"
    yield f"grant {_name(role)} to {_name(login)} with admin option;"


def _name(text: str) -> str:
    return sql.Identifier(text).as_string(None)


def _text(text: str) -> str:
    return sql.Literal(text).as_string(None)
