"""Meta's API: its version, its clock, each token, and each client's ad account."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pydantic import SecretStr

from orchestration.clients.model import Client
from orchestration.collection.api_access import (
    COMMON_TOKEN_VARIABLE,
    by_token,
    new_api_client,
    new_traffic,
    token_of,
    token_or_placeholder,
    token_variable,
)
from orchestration.collection.each_account import ask_each
from orchestration.doctor.line import Line, failure, ok, warning
from orchestration.meta_api.calls.graph import Graph
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.meta_api.errors import MetaApiError, TransientError
from orchestration.meta_api.fields import ACTIVE
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.throttling.usage import access_tier
from orchestration.meta_api.token_facts import TokenFacts, token_facts
from orchestration.meta_api.versions import ends_about, is_ending
from orchestration.settings import Settings
from orchestration.text import instant, plural

PAUSES = (1.0,)
"""Between the attempts of a call: nobody waits longer for a diagnosis."""
CLOCK_WARNING, CLOCK_FAILURE = timedelta(minutes=1), timedelta(minutes=10)
"""How far the clocks may differ: days become due by the clock of this machine."""
NOTICE = timedelta(days=14)
"""How long before its end a token should be renewed."""
SCOPES = ("ads_read", "ads_management")
"""Either lets a token read insights."""
FULL_TIERS = ("standard_access", "full_access")
NEW_TOKEN = "make a token for the system user in Meta's business settings, and put it into {0}"


def version_of_api(settings: Settings) -> Iterator[Line]:
    """The version that is asked, and when it is expected to end."""
    ends = ends_about(settings.api_version)
    text = f"{settings.api_version} at {settings.api_url}"
    mend = "META_API_VERSION names a newer one; a newer release of meta-ads does so by itself"
    if ends is None:
        yield warning("API version", f"{text}, of which no end is known here", mend)
    elif is_ending(settings.api_version, datetime.now(UTC).date()):
        yield warning("API version", f"{text}, which is expected to end about {ends}", mend)
    else:
        yield ok("API version", f"{text}, expected to end about {ends}")


def tokens(settings: Settings, clients: Sequence[Client]) -> Iterator[Line]:
    """Each token, and the ad accounts that are read with it."""
    settings = settings.model_copy(update={"retry_delays": PAUSES})
    if not clients:
        token = token_or_placeholder(settings, settings.access_token)
        yield from _group(settings, COMMON_TOKEN_VARIABLE, token, [])
    for group in by_token(settings, clients):
        yield from _group(settings, token_variable(group[0]), token_of(settings, group[0]), group)


def _group(
    settings: Settings, variable: str, token: SecretStr | None, clients: Sequence[Client]
) -> Iterator[Line]:
    about = f"Token {variable}"
    if token is None:
        who = f", which {plural(len(clients), 'client')} need" if clients else ""
        yield failure(about, f"not set{who}", "meta-ads init, or set it in the environment or .env")
        return
    traffic = new_traffic(settings)
    policy = RetryPolicy(settings.retry_delays, sleep=traffic.sleep)
    api = new_api_client(settings, token, policy, traffic)
    try:
        api.check_token()
    except TransientError as error:
        yield failure(
            "API",
            f"{settings.api_url} does not answer: {error}",
            "look at the network, a proxy (HTTPS_PROXY) and metastatus.com",
            is_unreachable=True,
        )
        return
    except MetaApiError as error:
        yield failure(about, str(error), NEW_TOKEN.format(variable))
        yield from _clock(api.graph)
        return
    yield from _clock(api.graph)
    for notice in traffic.notices:
        yield warning("API version", notice)
    yield from _token(about, variable, api.graph, token)
    yield from _accounts(settings, token, clients)


def _clock(graph: Graph) -> Iterator[Line]:
    """This machine's clock against that of the API, as its latest answer says."""
    try:
        there = parsedate_to_datetime(graph.headers.get("Date") or "")
    except ValueError:
        yield warning("Clock", "the API's answer says no time to compare with")
        return
    ahead = datetime.now(UTC) - there
    apart = f"{abs(ahead).total_seconds():.0f} s {'ahead of' if ahead > timedelta() else 'behind'}"
    mend = "sudo timedatectl set-ntp true"
    if abs(ahead) >= CLOCK_FAILURE:
        yield failure("Clock", f"{apart} the API's", mend)
    elif abs(ahead) >= CLOCK_WARNING:
        yield warning("Clock", f"{apart} the API's", mend)
    else:
        yield ok("Clock", "agrees with the API's to the minute")


def _token(about: str, variable: str, graph: Graph, token: SecretStr) -> Iterator[Line]:
    """What Meta says of a token that it accepts."""
    try:
        facts = token_facts(graph, token)
    except MetaApiError as error:
        yield warning(about, f"accepted; Meta says no more of it: {error}")
        return
    if facts.trouble:
        yield failure(about, facts.trouble, NEW_TOKEN.format(variable))
    elif not facts.scopes & {*SCOPES}:
        held = ", ".join(sorted(facts.scopes)) or "none"
        yield failure(
            about,
            f"lacks ads_read (its scopes: {held})",
            f"{NEW_TOKEN.format(variable)}, with ads_read",
        )
    elif facts.ends_at and facts.ends_at - datetime.now(UTC) < NOTICE:
        yield warning(about, _end(facts), NEW_TOKEN.format(variable))
    else:
        yield ok(about, f"accepted, with {', '.join(sorted(facts.scopes))}; {_end(facts)}")


def _end(facts: TokenFacts) -> str:
    if not facts.tells_end:
        return "Meta tells only developers of the app when it ends"
    return f"ends {instant(facts.ends_at)}" if facts.ends_at else "without an end"


def _accounts(settings: Settings, token: SecretStr, clients: Sequence[Client]) -> Iterator[Line]:
    """The ad accounts of these clients: those that answer in one line, each other one alone."""
    names = {client.ad_account_id: client.client_id for client in clients}
    tiers: dict[str, int] = {}
    for number, answer in ask_each(settings, token, [*names], _account):
        name = f"Account {names[number]}"
        if isinstance(answer, MetaApiError):
            yield failure(name, f"{number}: {answer}", "meta-ads clients discover lists accounts")
            continue
        facts, tier = answer
        tiers[tier] = tiers.get(tier, 0) + 1
        if facts.status not in (None, ACTIVE):
            yield warning(name, f"{number}: Meta calls it {facts.status_in_words}")
    for tier, count in sorted(tiers.items()):
        text = f"{plural(count, 'ad account')} can be read; tier: {tier or 'not said'}"
        if tier and tier not in FULL_TIERS:
            yield warning(
                "Accounts",
                f"{text}, with few calls an hour",
                "ask for Advanced Access to the Marketing API in the app's settings",
            )
        else:
            yield ok("Accounts", text)


def _account(api: InsightsClient, number: str) -> tuple[AccountFacts, str]:
    facts = api.account(number)
    return facts, access_tier(api.graph.headers)
