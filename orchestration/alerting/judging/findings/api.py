"""Findings about asking Meta: tokens, access, versions, outages, limits. They explain others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from orchestration.alerting.judging.evidence import Evidence, Row
from orchestration.alerting.judging.findings.finding import Finding, days_between

DENIED = {"PermissionDeniedError", "AccountRefusedError", "BadRequestError"}
THROTTLED = {"ThrottledError", "BudgetExhaustedError"}
OUTAGE_CLIENTS = 2
"""How many clients in a row get no answer before it counts as an outage of the API."""


def dead_tokens(evidence: Evidence) -> Iterator[Finding]:
    """Tokens that Meta refuses; one finding for each, however many clients use it."""
    by_token: dict[str, list[Row]] = defaultdict(list)
    for client_id, failure in evidence.failures.items():
        # A token that works again ends its alert once its clients are collected, not before.
        if failure["error"] == "TokenDeadError" and not failure["is_collected_since"]:
            by_token[evidence.clients[client_id]["token"]].append(failure)
    for token, failures in by_token.items():
        yield _about_clients("token_dead", failures, subject=token)


def retired_version(evidence: Evidence) -> Iterator[Finding]:
    """The version of the API is no longer served."""
    if failures := _unanswered(evidence, {"VersionRetiredError"}):
        yield _about_clients("api_version_retired", failures)


def denied_access(evidence: Evidence) -> Iterator[Finding]:
    """Clients whose ad account Meta does not let the program read."""
    for failure in _unanswered(evidence, DENIED):
        yield _about_client("access_denied", failure)


def changed_accounts(evidence: Evidence) -> Iterator[Finding]:
    """Clients with another ad account, as the clients file or Meta's answer shows."""
    for client_id, client in evidence.clients.items():
        failure = evidence.failures.get(client_id, {})
        answer_shows_it = (
            failure.get("error") == "AccountChangedError" and not failure["is_answered_since"]
        )
        reason = client["account_refused"] or (answer_shows_it and failure["reason"])
        if reason:
            yield Finding(
                rule="account_changed",
                client_id=client_id,
                text=str(reason),
                since=failure["failed_at"] if answer_shows_it else None,
                clients=(client_id,),
            )


def api_outage(evidence: Evidence) -> Iterator[Finding]:
    """Several clients in a row got no answer, and nobody has got one since.

    An open alert stays until each of its clients was asked again: the first answer comes long
    before the last client has had its turn.
    """
    failing = _unanswered(evidence, {"TransientError"})
    last_answer = evidence.last_answer_at
    since_answer = [f for f in failing if last_answer is None or f["failed_at"] > last_answer]
    active = sum(client["status"] == "active" for client in evidence.clients.values())
    alert = evidence.unresolved.get("api_unreachable::")
    if since_answer and len(since_answer) >= min(OUTAGE_CLIENTS, active):
        until = max(failure["failed_at"] for failure in since_answer)
        yield _about_clients("api_unreachable", failing, until=until.isoformat())
    elif alert is not None:
        until = datetime.fromisoformat(alert["facts"]["until"])
        if not_asked_again := [f for f in failing if f["failed_at"] <= until]:
            yield _about_clients("api_unreachable", not_asked_again, until=until.isoformat())


def throttled_accounts(evidence: Evidence) -> Iterator[Finding]:
    """Clients whose calls Meta throttles for longer than a run may wait."""
    for failure in evidence.failures.values():
        if failure["error"] in THROTTLED:
            days = days_between(failure["since"], failure["until"])
            yield _about_client("throttled", failure, days)


def _unanswered(evidence: Evidence, errors: Iterable[str]) -> list[Row]:
    """Failures of these kinds of clients that have got no answer since."""
    return [
        failure
        for failure in evidence.failures.values()
        if failure["error"] in errors and not failure["is_answered_since"]
    ]


def _about_client(rule: str, failure: Row, days: tuple[str, ...] = ()) -> Finding:
    return Finding(
        rule=rule,
        client_id=failure["client_id"],
        text=str(failure["reason"]),
        days=days,
        since=failure["failed_at"],
        clients=(failure["client_id"],),
    )


def _about_clients(rule: str, failures: list[Row], *, subject: str = "", **details: Any) -> Finding:
    latest = max(failures, key=lambda failure: failure["failure_id"])
    return Finding(
        rule=rule,
        text=str(latest["reason"]),
        subject=subject,
        since=min(failure["failed_at"] for failure in failures),
        clients=tuple(sorted(failure["client_id"] for failure in failures)),
        details=details,
    )
