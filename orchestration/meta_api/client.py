"""A client of the Marketing API for one token: ad accounts, their objects and their insights."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import SecretStr

from orchestration.meta_api.calls.graph import Graph
from orchestration.meta_api.calls.request import Call, token_check
from orchestration.meta_api.errors import MetaApiError
from orchestration.meta_api.fields import (
    ACCOUNT_FIELDS,
    ACCOUNT_STATUSES,
    DELETED,
    EFFECTIVE_STATUSES,
    ENTITY_FIELDS,
    ENTITY_LEVELS,
)
from orchestration.meta_api.insights import InsightsReader
from orchestration.meta_api.paging import Pager, Row
from orchestration.meta_api.query import InsightsQuery, statuses_filter

PAGE_OBJECTS = 200
"""Objects asked for in one page of a listing."""


@dataclass(frozen=True, kw_only=True)
class AccountFacts:
    """What Meta says about an ad account itself; `status` is Meta's number, None if missing."""

    account_id: str
    name: str
    currency: str
    timezone_name: str
    status: int | None = None

    @property
    def status_in_words(self) -> str:
        """The status as a word, such as `active` or `disabled`."""
        return ACCOUNT_STATUSES.get(self.status or 0, f"status {self.status}")


@dataclass(frozen=True)
class Delivery:
    """The first days of the first and the last month in which an ad account delivered.

    Meta looks back 37 months; both are None where it knows of no delivery.
    """

    first_month: date | None
    last_month: date | None


class InsightsClient:
    """Calls for one token. Not shared between threads: each holds one HTTP session.

    The options are those of `Graph`. Every call may raise a `MetaApiError`, whose type says what
    can be done about it.
    """

    def __init__(self, base_url: str, version: str, token: SecretStr, **options: Any) -> None:
        self.graph = Graph(base_url, version, token, **options)
        self._reader = InsightsReader(self.graph, lru_cache(maxsize=8)(self._campaign_ids))

    @property
    def calls(self) -> int:
        """Attempts made so far."""
        return self.graph.calls

    @property
    def duplicates(self) -> int:
        """Rows that came on two pages and were kept once."""
        return self._reader.duplicates

    def check_token(self) -> None:
        """Ask who the token is, a call that concerns no account.

        Raises:
            TokenDeadError: Meta refuses it.
        """
        self.graph.call(token_check())

    def account(self, account_id: str) -> AccountFacts:
        """Name, currency, time zone and status of `act_…`."""
        params = {"fields": ",".join(ACCOUNT_FIELDS)}
        call = Call(path=account_id, params=params, account=account_id, expects="account_id")
        return _facts(self.graph.call(call))

    def delivery(self, account_id: str) -> Delivery:
        """When `act_…` delivered, by months: one small call."""
        params = {
            "level": "account",
            "fields": "impressions",
            "date_preset": "maximum",
            "time_increment": "monthly",
            "limit": str(PAGE_OBJECTS),
        }
        call = Call(path=f"{account_id}/insights", params=params, account=account_id)
        try:
            # The first row of a range that begins within a month bears the first day of the range.
            rows = self.graph.call(call)["data"]
            days = sorted(date.fromisoformat(row["date_start"]) for row in rows)
        except (KeyError, TypeError, ValueError):
            raise MetaApiError("Meta's answer about the account's months lacks them") from None
        months = [day.replace(day=1) for day in days]
        return Delivery(months[0], months[-1]) if months else Delivery(None, None)

    def accounts(self) -> Iterator[list[AccountFacts]]:
        """Pages of all ad accounts that the token may read."""
        params = {"fields": ",".join(ACCOUNT_FIELDS)}
        for rows in self._edge("me/adaccounts", "", params):
            yield [_facts(row) for row in rows]

    def entities(
        self, account_id: str, edge: str, statuses: Sequence[str] | None = None
    ) -> Iterator[list[Row]]:
        """Pages of an account's `campaigns`, `adsets` or `ads`, in these states or in all."""
        statuses = statuses or EFFECTIVE_STATUSES[ENTITY_LEVELS[edge]]
        params = {"fields": ",".join(ENTITY_FIELDS[edge]), "filtering": statuses_filter(statuses)}
        yield from self._edge(f"{account_id}/{edge}", account_id, params)

    def deleted_campaigns(self, account_id: str, campaign_ids: Iterable[str]) -> set[str]:
        """The campaigns among these that Meta calls deleted; each is asked for by its id.

        An account's listings and insights may leave them out, though its total includes them.
        """
        return {
            campaign_id
            for campaign_id in campaign_ids
            if self._status(account_id, campaign_id) == DELETED
        }

    def insights(
        self,
        account_id: str,
        level: str,
        since: date,
        until: date,
        campaign_id: str | None = None,
    ) -> Iterator[list[Row]]:
        """Pages of daily rows as Meta sends them; `since` and `until` are account days, inclusive.

        Archived and deleted objects are asked for, too: without them the sum of the parts is below
        the account's total. With `campaign_id` the edge of that campaign is asked.

        Raises:
            MetaApiError: the call finally failed; rows already yielded are then incomplete.
        """
        query = InsightsQuery(
            account_id=account_id,
            level=level,
            since=since,
            until=until,
            campaign_id=campaign_id,
        )
        yield from self._reader.read(query)

    def cut(self) -> None:
        """Break off the call that is under way, from another thread."""
        self.graph.cut()

    def _edge(self, path: str, account: str, params: dict[str, str]) -> Iterator[list[Row]]:
        pager = Pager(
            path,
            lambda page: self.graph.call(
                Call(path=path, params={**params, **page}, account=account)
            ),
            self.graph.base_url,
        )
        yield from pager.pages(PAGE_OBJECTS)

    def _status(self, account_id: str, campaign_id: str) -> Any:
        params = {"fields": "effective_status"}
        call = Call(path=campaign_id, params=params, account=account_id, expects="id")
        return self.graph.call(call).get("effective_status")

    def _campaign_ids(self, account_id: str) -> list[str]:
        params = {"fields": "id", "filtering": statuses_filter(EFFECTIVE_STATUSES["campaign"])}
        pages = self._edge(f"{account_id}/campaigns", account_id, params)
        return sorted({str(row["id"]) for page in pages for row in page if "id" in row})


def _facts(answer: Row) -> AccountFacts:
    try:
        status = answer.get("account_status")
        return AccountFacts(
            account_id=str(answer["account_id"]),
            name=str(answer.get("name", answer["account_id"])),
            currency=str(answer["currency"]),
            timezone_name=str(answer["timezone_name"]),
            # A boolean is an integer in Python, but not in the ledger.
            status=status if type(status) is int else None,
        )
    except KeyError as error:
        raise MetaApiError(f"Meta's answer about an ad account lacks the field {error}") from None
