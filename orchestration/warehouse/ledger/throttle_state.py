"""What Meta said of the limits of ad accounts and apps, for all collections at the same time.

Times are seconds from now: only the clock of the warehouse's server decides, since the clocks of
machines differ.
"""

from collections.abc import Sequence

from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql

Said = tuple[str, float, float, float, str]
"""The key of the account or app, the seconds that it has to wait, the used percent of its limit,
how many seconds ago that was said, and Meta's words."""


def tell_limits(connection: Connection, news: Sequence[Said]) -> None:
    """Store what Meta said, and delete what is long over."""
    keys, seconds, percents, ages, reasons = zip(*news, strict=True)
    connection.execute(
        read_sql(__file__, "tell_limits"),
        {
            "keys": [*keys],
            "seconds": [*seconds],
            "percents": [*percents],
            "ages": [*ages],
            "reasons": [storable(reason) for reason in reasons],
        },
    )
    connection.execute(read_sql(__file__, "forget_limits"))


def known_limits(connection: Connection) -> list[Said]:
    """What was said, by whichever collection, and is not over."""
    return connection.execute(read_sql(__file__, "known_limits")).fetchall()
