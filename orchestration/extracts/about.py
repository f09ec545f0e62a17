"""What a file has to say of itself: which mart, of when, and what it lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, kw_only=True)
class About:
    """The mart, the period and the clients that were asked for; and what the rows are.

    `publications` are those that brought the rows. `incomplete` are the client-months that lack
    days, also those that have no row at all.
    """

    mart: str
    as_of: date | None
    since: date | None
    until: date | None
    clients: Sequence[str]
    rows: int
    publications: Sequence[int]
    incomplete: Sequence[dict[str, Any]]

    @property
    def is_complete(self) -> bool:
        """Whether every day that is owed of the client-months is there."""
        return not self.incomplete

    def lines(self) -> list[tuple[str, str]]:
        """The same as names and texts, for a sheet or for metadata."""
        return [
            ("mart", self.mart),
            ("as_of", str(self.as_of or "now")),
            ("since", str(self.since or "the first")),
            ("until", str(self.until or "the last")),
            ("clients", ", ".join(self.clients) or "all"),
            ("rows", str(self.rows)),
            ("publication_ids", ", ".join(map(str, self.publications))),
            ("is_complete", str(self.is_complete).lower()),
            *(
                (
                    "incomplete",
                    f"{each['client_id']} {each['month']:%Y-%m}: {each['days_received']} of "
                    f"{each['days_owed']} days, {each['month_state']}",
                )
                for each in self.incomplete
            ),
        ]
