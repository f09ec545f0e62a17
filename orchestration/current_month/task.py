"""One client's running month while it is refreshed: which days to ask for, and the row to write."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.current_month.cache import CacheRow, Figures, PublishedPart, RunningMonth
from orchestration.current_month.figures import figures_of
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.answer import Answer
from orchestration.warehouse.ledger.clients import KnownClient


@dataclass(frozen=True, kw_only=True)
class MonthTask:
    """A running month that is being refreshed; `published` is None if nothing is published."""

    client: Client
    known: KnownClient
    running: RunningMonth
    published: PublishedPart | None
    begun_at: datetime

    @property
    def since(self) -> date:
        """The first day that is not published and can be asked for."""
        published_until = self.published.received_until if self.published else None
        first = self.running.first_day
        return max(published_until + timedelta(days=1), first) if published_until else first

    @property
    def window(self) -> Window | None:
        """The days to ask for; None if all are published."""
        if self.since > self.running.today:
            return None
        return Window(self.running.client_id, self.since, self.running.today)

    def row(self, answer: Answer | None, left_out: Collection[date]) -> CacheRow:
        """The published days together with the answer, without the days that are left out.

        Raises:
            MetaApiError: the two are not in the same currency.
        """
        published, currency = self.published, self.known.currency or ""
        if published is not None and published.currency != currency:
            raise MetaApiError(
                f"the month is published in {published.currency}, the account has {currency} now"
            )
        missing = [day for day in published.missing_days if day < self.since] if published else []
        fresh = figures_of(self.client, answer, left_out)
        return CacheRow(
            running=self.running,
            currency=currency,
            fresh_since=self.since,
            publication_id=published.publication_id if published else None,
            missing_days=sorted({*missing, *left_out}),
            figures=(published.figures if published else Figures()) + fresh,
            refreshed_at=self.begun_at,
        )
