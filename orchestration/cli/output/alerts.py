"""What `meta-ads alerts` prints: alerts, mutes, evaluations, deliveries and tests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from orchestration.cli.output.console import listing_console, say
from orchestration.cli.output.tables import plain_table
from orchestration.foreign_text import shown
from orchestration.text import instant, plural

if TYPE_CHECKING:  # Their modules load all of alerting.
    from orchestration.alerting.delivery.deliver import Delivery
    from orchestration.alerting.evaluate import Evaluation
    from orchestration.alerting.operators import TriedDestination

COLUMNS = ("id", "severity", "client", "what", "since (UTC)", "seen", "state")
COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}


def print_evaluation(evaluation: "Evaluation") -> None:
    """Print how many alerts are open, what has changed, and how many messages were written."""
    say(f"{evaluation.summary}; {plural(evaluation.messages, 'message')} written.")


def print_delivery(delivery: "Delivery") -> None:
    """Print what became of the messages that waited."""
    say(f"{delivery.summary}.")
    for reason in delivery.reasons:
        say(f"  {reason}")


def print_alerts(alerts: Sequence[dict[str, Any]], mutes: Sequence[dict[str, Any]]) -> None:
    """Print a table of alerts, then a line for each mute."""
    if alerts:
        table = plain_table(COLUMNS)
        for alert in alerts:
            table.add_row(*_cells(alert))
        listing_console().print(table)
    else:
        say("No alert is open.")
    for mute in mutes:
        what = " of ".join(part for part in (mute["rule"] or "all", mute["client_id"]) if part)
        say(
            f"Mute {mute['mute_id']}: {what} until {instant(mute['until'])} by {mute['muted_by']}: "
            f"{mute['reason']}"
        )


def print_tests(tests: Sequence["TriedDestination"]) -> None:
    """Print what each destination answered to a test message."""
    for test in tests:
        outcome = f"off: {test.off}" if test.off else test.error or f"accepted: {test.receipt}"
        say(f"{test.destination}: {outcome}")


def _cells(alert: dict[str, Any]) -> list[str | Text]:
    what = Text(shown(alert["subject"]))
    what.append(f"\n{shown(alert['detail'])}" if alert["detail"] else "", style="dim")
    return [
        str(alert["alert_id"]),
        Text(alert["severity"], style=COLOURS[alert["severity"]]),
        alert["client_id"] or "",
        what,
        instant(alert["since"] or alert["opened_at"]).removesuffix(" UTC"),
        str(alert["times_seen"]),
        _state(alert),
    ]


def _state(alert: dict[str, Any]) -> str:
    muted = ", muted" if alert["is_muted"] else ""
    if alert["state"] == "resolved":
        by = alert["resolved_by"]
        return f"closed by {by}: {alert['resolved_reason']}" if by else "resolved"
    if alert["state"] == "acknowledged":
        return f"acknowledged by {alert['acknowledged_by']}{muted}"
    return f"open{muted}"
