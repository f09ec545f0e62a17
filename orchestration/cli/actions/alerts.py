"""The commands of `meta-ads alerts`, and what they print."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from orchestration.alerting import operators
from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.documents import print_document
from orchestration.errors import UnreachableError, UsageError
from orchestration.foreign_text import shown
from orchestration.process.logs import log_to
from orchestration.process.person import person
from orchestration.settings import Settings
from orchestration.text import instant, plural
from orchestration.warehouse.connection import connect

DONE, UNFINISHED = 0, 1
MOST_ALERTS = 500
COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def run_evaluation(settings: Settings, *, as_json: bool) -> int:
    """One evaluation; returns the exit code."""
    from orchestration.alerting.evaluate import evaluate

    log_to()
    done = evaluate(settings)
    if as_json:
        print_document(
            {
                "standing": done.standing,
                "events": dict(done.events),
                "messages": done.messages,
                "unreachable": done.unreachable or None,
            }
        )
    elif not done.unreachable:
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(done.events.items()))
        say(
            f"{plural(done.standing, 'alert')} open; {told or 'nothing new'}; "
            f"{plural(done.messages, 'message')} written."
        )
    if done.unreachable:
        raise UnreachableError(done.unreachable)
    return DONE


def run_delivery(settings: Settings, wait: float, again: int | None, *, as_json: bool) -> int:
    """One delivery; returns the exit code."""
    from orchestration.alerting.delivery import outbox
    from orchestration.alerting.delivery.deliver import deliver

    log_to()
    if again is not None:
        with connect(settings) as connection:
            if not outbox.send_again(connection, again):
                raise UsageError(f"Message {again} was not given up, or there is none.")
    done = deliver(settings, seconds=wait)
    if as_json:
        print_document(asdict(done) | {"unreachable": done.unreachable or None})
    elif not done.unreachable:
        say(f"{done.sent} sent, {done.delayed} tried again later, {done.failed} given up.")
    if done.unreachable:
        raise UnreachableError(done.unreachable)
    return UNFINISHED if done.failed else DONE


def print_alerts(settings: Settings, *, with_resolved: bool, as_json: bool) -> None:
    """A line for each alert, and one for each mute."""
    with connect(settings) as connection:
        found = operators.alerts(connection, with_resolved=with_resolved, most=MOST_ALERTS)
        muted = operators.mutes(connection)
    if as_json:
        print_document({"alerts": found, "mutes": muted})
        return
    if not found:
        say("No alert is open.")
    else:
        table = Table(box=None, pad_edge=False)
        for title in ("id", "severity", "client", "what", "since (UTC)", "seen", "state"):
            table.add_column(title, overflow="fold")
        for one in found:
            table.add_row(*_row(one))
        listing_console().print(table)
    for one in muted:
        what = " of ".join(part for part in (one["rule"] or "all", one["client_id"]) if part)
        say(
            f"Mute {one['mute_id']}: {what} until {instant(one['until'])} by {one['muted_by']}: "
            f"{one['reason']}"
        )


def _row(one: dict[str, Any]) -> list[str | Text]:
    what = Text(shown(one["subject"]))
    what.append(f"\n{shown(one['detail'])}" if one["detail"] else "", style="dim")
    since = one["since"] or one["opened_at"]
    return [
        str(one["alert_id"]),
        Text(one["severity"], style=COLOURS[one["severity"]]),
        one["client_id"] or "",
        what,
        f"{since.astimezone(UTC):%Y-%m-%d %H:%M}",
        str(one["times_seen"]),
        _state(one),
    ]


def _state(one: dict[str, Any]) -> str:
    muted = ", muted" if one["is_muted"] else ""
    if one["state"] == "resolved":
        by = one["resolved_by"]
        return f"closed by {by}: {one['resolved_reason']}" if by else "healed"
    if one["state"] == "acknowledged":
        return f"acknowledged by {one['acknowledged_by']}{muted}"
    return f"open{muted}"


def acknowledge_alerts(settings: Settings, ids: Sequence[int]) -> None:
    """Acknowledge, and say which were open."""
    with connect(settings) as connection:
        done = operators.acknowledge(connection, ids, person())
    say(
        f"Acknowledged: {', '.join(map(str, done))}. They stand until the facts resolve them."
        if done
        else "They were acknowledged before."
    )


def resolve_alert(settings: Settings, alert_id: int, reason: str) -> None:
    """Close by hand, and say what that means."""
    with connect(settings) as connection:
        stays = operators.resolve(connection, settings, alert_id, person(), reason)
    if stays:
        say(f"Alert {alert_id} is closed.")
    else:
        say(f"Alert {alert_id} is closed; it opens again as long as its fact stands.")


def mute_alerts(
    settings: Settings,
    rule: str | None,
    client: str | None,
    hours: float | None,
    until: datetime | None,
    reason: str,
) -> None:
    """Mute, and say until when."""
    if (hours is None) == (until is None):
        raise UsageError("Say how long: --for HOURS or --until INSTANT.")
    end = datetime.now(UTC) + timedelta(hours=hours) if hours else until
    assert end is not None
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    with connect(settings) as connection:
        mute_id = operators.mute(connection, rule, client, until=end, by=person(), why=reason)
    say(f"Mute {mute_id}, until {instant(end)}. meta-ads alerts unmute {mute_id} ends it.")


def unmute_alerts(settings: Settings, mute_id: int) -> None:
    """End a mute."""
    with connect(settings) as connection:
        operators.unmute(connection, mute_id)
    say(f"Mute {mute_id} has ended; what stands is told with the next evaluation.")


def try_destinations(settings: Settings, only: Sequence[str], *, as_json: bool) -> int:
    """Test, and say what each destination answered; returns the exit code."""
    with connect(settings, autocommit=True) as connection:
        tried = operators.try_destinations(connection, settings, only)
    if as_json:
        print_document({"destinations": [asdict(one) for one in tried]})
    else:
        for one in tried:
            told = f"off: {one.off}" if one.off else one.error or f"took it: {one.receipt}"
            say(f"{one.destination}: {told}")
    if all(one.off for one in tried):
        raise UsageError(
            "No destination is set up: alerts show on the dashboard only. Set one of "
            "META_ADS_SLACK_WEBHOOK_URL, META_ADS_SMTP_URL and META_ADS_WEBHOOK_URL."
        )
    return UNFINISHED if any(one.error for one in tried) else DONE
