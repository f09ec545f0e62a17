"""One client's answer: the account's facts, the rows of each level and the control total."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from orchestration.answers.slices import LEVELS_IN_WORDS
from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.apart import apart
from orchestration.collection.doubts import Question, heard
from orchestration.errors import UsageError
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.meta_api.errors import CancelledError, MetaApiError, TokenDeadError
from orchestration.meta_api.fields import DELETED
from orchestration.meta_api.graph import app_key
from orchestration.meta_api.paging import Row
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.traffic import AccountUse, Traffic
from orchestration.quality.answer import Account, Answer
from orchestration.quality.witness import Witness
from orchestration.settings import Settings
from orchestration.settings.env_file import META_URL

PLACEHOLDER_TOKEN = "sandbox"
"""What is sent where META_API_URL names another server than Meta's and no token is set."""
LISTING_PAYS_FROM = 3
"""One listing tells about all accounts of a token; for fewer than this, asking each is cheaper."""


def levels_of(client: Client) -> list[str]:
    """The levels to ask for, the control total's first."""
    return ["account", *client.levels]


def new_traffic(settings: Settings) -> Traffic:
    """The budgets of one run, as the settings say."""
    return Traffic(
        calls=settings.call_budget,
        wait_seconds=settings.wait_budget_seconds,
        concurrency=settings.concurrency,
    )


class Fetcher:
    """Calls the API for clients; one HTTP session per thread and token, one `Traffic` for all."""

    def __init__(self, settings: Settings, traffic: Traffic | None = None) -> None:
        self.settings = settings
        self.traffic = traffic or new_traffic(settings)
        self._policy = RetryPolicy(settings.retry_delays, sleep=self.traffic.sleep)
        self._local = threading.local()
        self._apis: list[InsightsClient] = []

    @property
    def calls(self) -> int:
        """Attempts made so far, of all threads."""
        return sum(api.calls for api in self._apis)

    def facts(self, client: Client) -> AccountFacts:
        """What Meta says about the client's ad account."""
        with apart("read"):
            return self._api(client).account(client.ad_account_id)

    def listed_facts(self, clients: Sequence[Client]) -> dict[str, AccountFacts]:
        """Facts by client id of those that one listing of their common token tells about.

        Those that it does not tell about have to be asked for one by one; that says why, too.
        """
        if len(clients) < LISTING_PAYS_FROM or token_of(self.settings, clients[0]) is None:
            return {}
        wanted = {c.ad_account_id.removeprefix("act_"): c.client_id for c in clients}
        found: dict[str, AccountFacts] = {}
        with apart("read"):
            for page in self._api(clients[0]).accounts():
                found |= {wanted[f.account_id]: f for f in page if f.account_id in wanted}
                if len(found) == len(wanted):
                    break
        return found

    def answer(self, client: Client, window: Window, batch_id: int, facts: AccountFacts) -> Answer:
        """All levels of a window, read right after one another so that they describe one moment."""
        api = self._api(client)
        today = self.settings.now().astimezone(ZoneInfo(facts.timezone_name)).date()
        account = Account(
            account_id=client.ad_account_id.removeprefix("act_"),
            currency=facts.currency,
            finished_until=today - timedelta(days=1),
            due_day=self.settings.latest_due_day(facts.timezone_name),
            conversion_families=client.own_families,
        )
        answer = Answer(window, account, batch_id, levels_of(client))
        calls_before, twice_before = api.calls, api.duplicates
        days = (window.since, window.until)
        try:
            with apart("read"):
                for level in answer.contents:
                    for page in api.insights(client.ad_account_id, level, *days):
                        answer.add(level, page)
        except MetaApiError as error:
            error.calls = api.calls - calls_before
            raise
        answer.calls = api.calls - calls_before
        answer.duplicates = api.duplicates - twice_before
        return answer

    def ask_below(self, client: Client, question: Question) -> Answer:
        """The question's answer with what a deeper level says of its days, or why it says nothing.

        Neighbouring days are one call. A call that fails leaves the days in doubt.
        """
        api = self._api(client)
        calls_before = api.calls
        rows: list[Row] = []
        error = None
        try:
            with apart("read"):
                for first, last in _stretches(question.days):
                    for page in api.insights(client.ad_account_id, question.level, first, last):
                        rows += page
        except CancelledError:
            raise
        except MetaApiError as failed:
            rows, error = [], f"{LEVELS_IN_WORDS[question.level]} could not be asked: {failed}"
        with apart("read"):
            answer = heard(question, Witness(question.level, question.days, rows, error))
        answer.calls, answer.duplicates = api.calls - calls_before, 0
        return answer

    def listed_deleted_campaigns(self, client: Client) -> Iterator[Row]:
        """The account's deleted campaigns, with what Meta says of them, as far as it lists them."""
        for page in self._api(client).entities(client.ad_account_id, "campaigns", [DELETED]):
            yield from page

    def deleted_campaigns(self, client: Client, campaign_ids: Iterable[str]) -> set[str]:
        """Those of the campaigns that Meta calls deleted."""
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

    def has_to_pause(self, client: Client) -> bool:
        """Whether the client's account, or the whole app, was told to wait."""
        token = token_of(self.settings, client)
        return (
            token is not None and self.traffic.pause_left(client.ad_account_id, app_key(token)) > 0
        )

    def use(self, client: Client) -> AccountUse | None:
        """What the client's account was asked so far; None without a token."""
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
            raise TokenDeadError(
                f"the variable {client.token_env or 'META_ACCESS_TOKEN'} is not set"
            )
        apis: dict[str, InsightsClient] = self._local.__dict__.setdefault("apis", {})
        key = token.get_secret_value()
        if key not in apis:
            apis[key] = client_of(self.settings, token, self._policy, self.traffic)
            self._apis.append(apis[key])
        return apis[key]


def _stretches(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """First and last of neighbouring days, in order."""
    for _, alike in groupby(enumerate(days), key=lambda pair: pair[1].toordinal() - pair[0]):
        stretch = [day for _, day in alike]
        yield stretch[0], stretch[-1]


def client_of(
    settings: Settings, token: SecretStr, policy: RetryPolicy, traffic: Traffic, **options: Any
) -> InsightsClient:
    """An API client as the settings say; the options are those of `Graph`."""
    return InsightsClient(
        settings.api_url,
        settings.api_version,
        token,
        app_secret=settings.app_secret,
        policy=policy,
        traffic=traffic,
        **options,
    )


def token_of(settings: Settings, client: Client) -> SecretStr | None:
    """The client's token; a placeholder where the API is not Meta's own and none is set."""
    return token_or_placeholder(settings, settings.token(client.token_env))


def token_or_placeholder(settings: Settings, token: SecretStr | None) -> SecretStr | None:
    """The token, or the placeholder that a sandbox takes."""
    if token is None and settings.api_url != META_URL:
        return SecretStr(PLACEHOLDER_TOKEN)
    return token


def by_token(settings: Settings, clients: Iterable[Client]) -> list[list[Client]]:
    """The clients that share a token, together."""
    groups: dict[str, list[Client]] = {}
    for client in clients:
        token = token_of(settings, client)
        groups.setdefault(token.get_secret_value() if token else "", []).append(client)
    return list(groups.values())


def check_tokens(settings: Settings, clients: Sequence[Client]) -> None:
    """Stop before any call if no client has a token.

    Raises:
        UsageError: names the variables that are missing.
    """
    if any(token_of(settings, client) for client in clients):
        return
    names = sorted({client.token_env or "META_ACCESS_TOKEN" for client in clients})
    raise UsageError(
        f"No token: set {', '.join(names)} to a system user's token with ads_read, in the "
        "environment or in .env. (Without a clients file the sandbox would be used.)"
    )


def usage_of_clients(
    fetcher: Fetcher, clients: Iterable[Client]
) -> list[tuple[str, int, int, float, float]]:
    """What was asked of each client's account, if anything, as the ledger notes it."""
    used = ((client.client_id, fetcher.use(client)) for client in clients)
    return [
        (client_id, use.calls, use.throttled, use.account_percent, use.app_percent)
        for client_id, use in used
        if use is not None and use.calls
    ]
