"""The owner of the embedded warehouse: a login that is no superuser.

A statement that escapes from its role can then neither run programs nor read files.
"""

from urllib.parse import quote

from orchestration.warehouse.embedded.process import LOOPBACK

ROLE = DATABASE = "meta_ads"
SUPERUSER = "meta_ads_superuser"
"""Makes the data and moves them to newer versions; owns nothing of the warehouse."""

RIGHTS = (
    # Whose session holds a lock, and how to end it; which roles have passwords, for backups.
    f"grant pg_monitor, pg_signal_backend to {ROLE}",
    f"grant select on pg_catalog.pg_authid to {ROLE}",
    # Large objects are no table: no right keeps readers from making some.
    "revoke execute on function pg_catalog.lo_creat(integer) from public",
    "revoke execute on function pg_catalog.lo_create(oid) from public",
    "revoke execute on function pg_catalog.lo_from_bytea(oid, bytea) from public",
)
"""Given in each database; what is given in template1 is in every later one."""


def new_owner(password: str) -> list[str]:
    """The statements that make the owner in template1 of a new cluster, each in one line."""
    literal = password.replace("'", "''")
    return [f"create role {ROLE} login createrole createdb password '{literal}'", *RIGHTS]


def login_url(port: int, role: str, password: str, database: str) -> str:
    """The URL of a login at the embedded server. Secret: holds the password."""
    return f"postgresql://{role}:{quote(password, safe='')}@{LOOPBACK}:{port}/{database}"
