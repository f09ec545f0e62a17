"""Findings about asking Meta: tokens, access, versions, outages, limits. They are causes."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.judging.findings.finding import Finding, days_between

DENIED = {"PermissionDeniedError", "AccountRefusedError", "BadRequestError"}
THROTTLED = {"ThrottledError", "BudgetExhaustedError"}


def dead_tokens(facts: Facts) -> Iterator[Finding]:
    """One for each token, however many clients use it."""
    by_token: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for client_id, failure in facts.failures.items():
        # A token that works again is told once its clients are collected, not before.
        if failure["error"] == "TokenDeadError" and not failure["is_collected_since"]:
            by_token[facts.clients[client_id]["token"]].append(failure)
    for token, failures in by_token.items():
        yield _of_clients("token_dead", failures, subject=token)


def retired_version(facts: Facts) -> Iterator[Finding]:
    failures = [
        f
        for f in facts.failures.values()
        if f["error"] == "VersionRetiredError" and not f["is_answered_since"]
    ]
    if failures:
        yield _of_clients("api_version_retired", failures)


def denied_access(facts: Facts) -> Iterator[Finding]:
    for client_id, failure in facts.failures.items():
        if failure["error"] in DENIED and not failure["is_answered_since"]:
            yield Finding(
                "access_denied",
                client_id,
                str(failure["reason"]),
                since=failure["failed_at"],
                clients=(client_id,),
            )


def changed_accounts(facts: Facts) -> Iterator[Finding]:
    """Told by the clients file itself, or by what Meta says of the account."""
    for client_id, client in facts.clients.items():
        failure = facts.failures.get(client_id, {})
        is_met = failure.get("error") == "AccountChangedError" and not failure["is_answered_since"]
        if reason := client["account_refused"] or (is_met and failure["reason"]):
            yield Finding(
                "account_changed",
                client_id,
                str(reason),
                since=failure["failed_at"] if is_met else None,
                clients=(client_id,),
            )


def outage(facts: Facts) -> Iterator[Finding]:
    """Several clients failed in a row and none was answered since.

    Once open it lasts until each of them was asked again: the first answer comes long before the
    last client has had its turn.
    """
    failing = [
        f
        for f in facts.failures.values()
        if f["error"] == "TransientError" and not f["is_answered_since"]
    ]
    since_answer = [
        f for f in failing if facts.answered_at is None or f["failed_at"] > facts.answered_at
    ]
    active = sum(client["status"] == "active" for client in facts.clients.values())
    living = facts.living.get("api_unreachable::")
    if since_answer and len(since_answer) >= min(2, active):
        until = max(f["failed_at"] for f in since_answer)
        yield _of_clients("api_unreachable", failing, until=until.isoformat())
    elif living is not None:
        until = datetime.fromisoformat(living["facts"]["until"])
        if waiting := [f for f in failing if f["failed_at"] <= until]:
            yield _of_clients("api_unreachable", waiting, until=until.isoformat())


def throttled(facts: Facts) -> Iterator[Finding]:
    for client_id, failure in facts.failures.items():
        if failure["error"] in THROTTLED:
            yield Finding(
                "throttled",
                client_id,
                str(failure["reason"]),
                since=failure["failed_at"],
                clients=(client_id,),
                days=days_between(failure["since"], failure["until"]),
            )


def _of_clients(
    rule: str, failures: list[dict[str, Any]], subject: str = "", **facts: Any
) -> Finding:
    clients = tuple(sorted(f["client_id"] for f in failures))
    latest = max(failures, key=lambda f: f["failure_id"])
    return Finding(
        rule,
        None,
        str(latest["reason"]),
        subject,
        since=min(f["failed_at"] for f in failures),
        clients=clients,
        facts=facts,
    )
