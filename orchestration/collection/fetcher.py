"""Asks the API for clients: facts of ad accounts, whole windows, deeper levels of single days."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from orchestration.answers.slices import LEVELS_IN_WORDS
from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.api_access import (
    new_api_client,
    new_traffic,
    token_of,
    token_variable,
)
from orchestration.collection.doubts.questions import Question, with_witness
from orchestration.collection.isolation import isolated
from orchestration.collection.plan import stretches
from orchestration.meta_api.calls.request import app_key
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.meta_api.errors import CancelledError, MetaApiError, TokenDeadError
from orchestration.meta_api.fields import DELETED
from orchestration.meta_api.paging import Row
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.throttling.spending import Limit
from orchestration.meta_api.throttling.traffic import AccountUse
from orchestration.quality.answer import Account, Answer
from orchestration.quality.witness import Witness
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import KnownClient
from orchestration.warehouse.ledger.throttle_state import known_limits, tell_limits

LISTING_PAYS_FROM = 3
"""Clients of one token. For fewer, a call for each is cheaper than a listing of all accounts."""
SHARE_SECONDS = 1.0
"""How often collections tell each other what Meta said of limits; a call costs them nothing."""
SHARED_KEYS = ("act_", "token:")
"""How the keys of ad accounts and apps begin; listings of a token have others."""


def levels_of(client: Client) -> list[str]:
    """The levels to ask for, the account's control totals first."""
    return ["account", *client.levels]


class Fetcher:
    """Calls the API for clients; one HTTP session per thread and token, one `Traffic` for all."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.traffic = new_traffic(settings)
        self._policy = RetryPolicy(settings.retry_delays, sleep=self.traffic.sleep)
        self._local = threading.local()
        self._apis: list[InsightsClient] = []
        self._shared_at = -SHARE_SECONDS

    @property
    def calls(self) -> int:
        """Attempts made so far, of all threads."""
        return sum(api.calls for api in self._apis)

    def facts(self, client: Client) -> AccountFacts:
        """What Meta says about the client's ad account."""
        with isolated("read"):
            return self._api(client).account(client.ad_account_id)

    def listed_facts(self, clients: Sequence[Client]) -> dict[str, AccountFacts]:
        """Facts by client id, from one listing of the token that these clients share.

        Clients that are missing from the result have to be asked for one by one, which also says
        why they are missing.
        """
        if len(clients) < LISTING_PAYS_FROM or token_of(self.settings, clients[0]) is None:
            return {}
        wanted = {c.ad_account_id.removeprefix("act_"): c.client_id for c in clients}
        listed: dict[str, AccountFacts] = {}
        with isolated("read"):
            for page in self._api(clients[0]).accounts():
                listed |= {wanted[f.account_id]: f for f in page if f.account_id in wanted}
                if len(listed) == len(wanted):
                    break
        return listed

    def answer(self, client: Client, window: Window, batch_id: int, known: KnownClient) -> Answer:
        """All levels of a window, read right after one another so that they describe one moment."""
        api = self._api(client)
        account = account_of(self.settings, client, known)
        answer = Answer(window, account, batch_id, levels_of(client))
        calls_before, duplicates_before = api.calls, api.duplicates
        days = (window.since, window.until)
        try:
            with isolated("read"):
                for level in answer.contents:
                    for page in api.insights(client.ad_account_id, level, *days):
                        answer.add(level, page)
        except MetaApiError as error:
            error.calls = api.calls - calls_before
            raise
        answer.calls = api.calls - calls_before
        answer.duplicates = api.duplicates - duplicates_before
        return answer

    def ask_deeper_level(self, client: Client, question: Question) -> Answer:
        """The question's answer, completed with what a deeper level says of its days.

        Neighbouring days are one call. A call that fails leaves the days in doubt.
        """
        api = self._api(client)
        calls_before = api.calls
        rows: list[Row] = []
        error = None
        try:
            with isolated("read"):
                for part in stretches(client.client_id, question.days):
                    days = (part.since, part.until)
                    for page in api.insights(client.ad_account_id, question.level, *days):
                        rows += page
        except CancelledError:
            raise
        except MetaApiError as failure:
            rows, error = [], f"{LEVELS_IN_WORDS[question.level]} could not be asked: {failure}"
        with isolated("read"):
            witness = Witness(question.level, question.days, rows, error)
            answer = with_witness(question, witness)
        answer.calls, answer.duplicates = api.calls - calls_before, 0
        return answer

    def campaigns(self, client: Client) -> Iterator[Row]:
        """The account's campaigns in whatever state, as Meta describes them."""
        for page in self._api(client).entities(client.ad_account_id, "campaigns"):
            yield from page

    def listed_deleted_campaigns(self, client: Client) -> Iterator[Row]:
        """The account's deleted campaigns, as far as Meta lists them."""
        for page in self._api(client).entities(client.ad_account_id, "campaigns", [DELETED]):
            yield from page

    def deleted_campaigns(self, client: Client, campaign_ids: Iterable[str]) -> set[str]:
        """The campaigns among these that Meta calls deleted."""
        return self._api(client).deleted_campaigns(client.ad_account_id, campaign_ids)

    def campaign_rows(
        self, client: Client, campaign_id: str, level: str, since: date, until: date
    ) -> Iterator[Row]:
        """Rows of one campaign, asked for by its id."""
        pages = self._api(client).insights(
            client.ad_account_id, level, since, until, campaign_id=campaign_id
        )
        for page in pages:
            yield from page

    def share_limits(self, connection: Connection, *, at_once: bool = False) -> None:
        """Tell other collections what Meta said of limits, and learn what it said to them.

        Without `at_once` it does nothing until a second has passed since the last time.
        """
        if not at_once and monotonic() - self._shared_at < SHARE_SECONDS:
            return
        said = [
            (limit.key, limit.seconds, limit.percent, limit.age, limit.reason)
            for limit in self.traffic.news()
            if limit.key.startswith(SHARED_KEYS)
        ]
        if said:
            tell_limits(connection, said)
        self.traffic.learn(
            Limit(key=key, seconds=seconds, percent=percent, age=age, reason=reason)
            for key, seconds, percent, age, reason in known_limits(connection)
        )
        self._shared_at = monotonic()

    def has_to_pause(self, client: Client) -> bool:
        """Whether Meta asked the client's account, or the whole app, to wait."""
        token = token_of(self.settings, client)
        return (
            token is not None and self.traffic.pause_left(client.ad_account_id, app_key(token)) > 0
        )

    def use(self, client: Client) -> AccountUse | None:
        """The calls made for the client's account so far; None without a token."""
        token = token_of(self.settings, client)
        return self.traffic.use(client.ad_account_id, app_key(token)) if token else None

    def cancel(self) -> None:
        """End all waiting and every call under way, in whichever thread."""
        self.traffic.cancel()
        for api in list(self._apis):
            api.cut()

    def _api(self, client: Client) -> InsightsClient:
        token = token_of(self.settings, client)
        if token is None:
            raise TokenDeadError(f"the variable {token_variable(client)} is not set")
        apis: dict[str, InsightsClient] = self._local.__dict__.setdefault("apis", {})
        key = token.get_secret_value()
        if key not in apis:
            apis[key] = new_api_client(self.settings, token, self._policy, self.traffic)
            self._apis.append(apis[key])
        return apis[key]


def account_of(settings: Settings, client: Client, known: KnownClient) -> Account:
    """What the gate must know of the client's ad account now."""
    zone = known.timezone_name or "UTC"
    today = settings.now().astimezone(ZoneInfo(zone)).date()
    return Account(
        account_id=client.ad_account_id.removeprefix("act_"),
        currency=known.currency or "",
        finished_until=today - timedelta(days=1),
        due_day=settings.latest_due_day(zone),
        conversion_families=client.own_families,
    )


def usage_of_clients(
    fetcher: Fetcher, clients: Iterable[Client]
) -> list[tuple[str, int, int, float, float]]:
    """The calls made for each client's account, if any, as the ledger stores them."""
    uses = ((client.client_id, fetcher.use(client)) for client in clients)
    return [
        (client_id, use.calls, use.throttled, use.account_percent, use.app_percent)
        for client_id, use in uses
        if use is not None and use.calls
    ]
