"""One client's answer: the account's facts, the rows of each level and the control total."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import local
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from orchestration.clients import Client
from orchestration.errors import UsageError
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.meta_api.errors import TokenDeadError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.quality.answer import Account, Answer, Row, Window
from orchestration.settings import Settings

PLACEHOLDER_TOKEN = "sandbox"
"""What is sent where META_API_URL names another server than Meta's and no token is set."""
META_URL = "https://graph.facebook.com"


def levels_of(client: Client) -> list[str]:
    """The levels to ask for, the control total's first."""
    return ["account", *client.levels]


@dataclass
class Fetcher:
    """Calls the API for clients; one HTTP session per thread and token."""

    settings: Settings
    policy: RetryPolicy

    def __post_init__(self) -> None:
        self._local = local()

    def facts(self, client: Client) -> AccountFacts:
        """What Meta says about the client's ad account."""
        return self._api(client).account(client.ad_account_id)

    def answer(
        self, client: Client, window: Window, batch_id: int, currency: str, timezone_name: str
    ) -> Answer:
        """All levels of a window, read right after one another so that they describe one moment."""
        api = self._api(client)
        calls_before = api.calls
        rows: dict[str, list[Row]] = {
            level: [
                row
                for page in api.insights(client.ad_account_id, level, window.since, window.until)
                for row in page
            ]
            for level in levels_of(client)
        }
        today = self.settings.now().astimezone(ZoneInfo(timezone_name)).date()
        account = Account(
            account_id=client.ad_account_id.removeprefix("act_"),
            currency=currency,
            finished_until=today - timedelta(days=1),
            due_day=self.settings.latest_due_day(timezone_name),
        )
        return Answer(window, account, batch_id, rows, api.calls - calls_before)

    def _api(self, client: Client) -> InsightsClient:
        token = token_of(self.settings, client)
        if token is None:
            raise TokenDeadError(
                f"the variable {client.token_env or 'META_ACCESS_TOKEN'} is not set"
            )
        apis: dict[str, InsightsClient] = self._local.__dict__.setdefault("apis", {})
        key = token.get_secret_value()
        if key not in apis:
            apis[key] = InsightsClient(
                self.settings.api_url,
                self.settings.api_version,
                token,
                app_secret=self.settings.app_secret,
                policy=self.policy,
            )
        return apis[key]


def token_of(settings: Settings, client: Client) -> SecretStr | None:
    """The client's token; a placeholder where the API is not Meta's own and none is set."""
    token = settings.token(client.token_env)
    if token is None and settings.api_url != META_URL:
        return SecretStr(PLACEHOLDER_TOKEN)
    return token


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
