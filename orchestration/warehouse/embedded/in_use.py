"""Refuses to remove the data of an embedded server while programs are connected to it."""

import psycopg

from orchestration.errors import UsageError
from orchestration.text import plural
from orchestration.warehouse.embedded.server import EmbeddedServer

_OTHER_PROGRAMS = """
    select count(*), coalesce(nullif(application_name, ''), 'an unnamed program') as program
    from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid()
    group by program order by program
"""


def refuse_if_in_use(server: EmbeddedServer) -> None:
    """Programs such as `meta-ads up` would start the server again at once, with an empty warehouse.

    Raises:
        UsageError: names the programs that are connected; or the server does not say.
    """
    if (url := server.running_url()) is None:
        return
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            rows = connection.execute(_OTHER_PROGRAMS).fetchall()
    except psycopg.Error as error:
        raise UsageError(
            f"The server does not say who works with the warehouse ({str(error).strip()}): nothing "
            "was removed. End it with `meta-ads server stop`, then try again."
        ) from None
    if not rows:
        return
    programs = ", ".join(f"{plural(number, 'connection')} of {program}" for number, program in rows)
    raise UsageError(
        f"The warehouse is in use ({programs}): nothing was removed. End meta-ads up and other "
        "programs that work with it first."
    )
