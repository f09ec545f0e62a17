"""What the commands of `meta-ads alerts` do: evaluate, deliver, and what a person decides."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from orchestration.alerting import operators
from orchestration.cli.exit_codes import DONE, UNFINISHED
from orchestration.cli.output.alerts import (
    print_alerts,
    print_delivery,
    print_evaluation,
    print_tests,
)
from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.errors import UnreachableError, UsageError
from orchestration.process.logs import log_to
from orchestration.process.person import person
from orchestration.settings import Settings
from orchestration.text import instant
from orchestration.warehouse.connection import connect

MOST_ALERTS = 500
"""The longest list of alerts that is printed."""


def run_evaluation(settings: Settings, *, as_json: bool) -> int:
    """Evaluate all alert rules once; returns the exit code.

    Raises:
        UnreachableError: the warehouse cannot be reached.
    """
    from orchestration.alerting.evaluate import evaluate

    log_to()
    evaluation = evaluate(settings)
    if as_json:
        print_document(
            {
                "standing": evaluation.standing,
                "events": dict(evaluation.events),
                "messages": evaluation.messages,
                "unreachable": evaluation.unreachable or None,
            }
        )
    elif not evaluation.unreachable:
        print_evaluation(evaluation)
    if evaluation.unreachable:
        raise UnreachableError(evaluation.unreachable)
    return DONE


def run_delivery(settings: Settings, wait: float, again: int | None, *, as_json: bool) -> int:
    """Send the messages that wait, trying for `wait` seconds; returns the exit code.

    `again` is the number of a message that was given up and is to be sent after all.

    Raises:
        UnreachableError: the warehouse cannot be reached.
        UsageError: message `again` does not exist or was not given up.
    """
    from orchestration.alerting.delivery import outbox
    from orchestration.alerting.delivery.deliver import deliver

    log_to()
    if again is not None:
        with connect(settings) as connection:
            if not outbox.send_again(connection, again):
                raise UsageError(f"Message {again} was not given up, or there is none.")
    delivery = deliver(settings, seconds=wait)
    if as_json:
        print_document(asdict(delivery) | {"unreachable": delivery.unreachable or None})
    elif not delivery.unreachable:
        print_delivery(delivery)
    if delivery.unreachable:
        raise UnreachableError(delivery.unreachable)
    return UNFINISHED if delivery.failed else DONE


def list_alerts(settings: Settings, *, with_resolved: bool, as_json: bool) -> None:
    """List alerts and the mutes in force."""
    with connect(settings) as connection:
        alerts = operators.alerts(connection, with_resolved=with_resolved, most=MOST_ALERTS)
        mutes = operators.mutes(connection)
    if as_json:
        print_document({"alerts": alerts, "mutes": mutes})
    else:
        print_alerts(alerts, mutes)


def acknowledge_alerts(settings: Settings, ids: Sequence[int]) -> None:
    """Acknowledge alerts and print which of them were open."""
    with connect(settings) as connection:
        acknowledged = operators.acknowledge(connection, ids, person())
    say(
        f"Acknowledged: {', '.join(map(str, acknowledged))}. "
        "They stay open until their cause is gone."
        if acknowledged
        else "They were acknowledged before."
    )


def resolve_alert(settings: Settings, alert_id: int, reason: str) -> None:
    """Close an alert by hand and print whether it can open again."""
    with connect(settings) as connection:
        stays_closed = operators.resolve(connection, settings, alert_id, person(), reason)
    if stays_closed:
        say(f"Alert {alert_id} is closed.")
    else:
        say(f"Alert {alert_id} is closed; it opens again if its cause is still there.")


def mute_alerts(
    settings: Settings,
    rule: str | None,
    client_id: str | None,
    end: datetime,
    reason: str,
) -> None:
    """Send no messages about a rule or a client until an instant."""
    with connect(settings) as connection:
        mute_id = operators.mute(connection, rule, client_id, until=end, by=person(), why=reason)
    say(f"Mute {mute_id}, until {instant(end)}. meta-ads alerts unmute {mute_id} ends it.")


def end_of_mute(hours: float | None, until: datetime | None) -> datetime:
    """When a mute ends that lasts so many hours, or until an instant in UTC.

    Raises:
        UsageError: both are given, or neither.
    """
    if hours is not None and until is None:
        return datetime.now(UTC) + timedelta(hours=hours)
    if hours is None and until is not None:
        return until if until.tzinfo else until.replace(tzinfo=UTC)
    raise UsageError("Say how long: either --for HOURS or --until INSTANT.")


def unmute_alerts(settings: Settings, mute_id: int) -> None:
    """End a mute now."""
    with connect(settings) as connection:
        operators.unmute(connection, mute_id)
    say(f"Mute {mute_id} has ended; the next evaluation sends messages for what is still open.")


def try_destinations(settings: Settings, only: Sequence[str], *, as_json: bool) -> int:
    """Send a test message to each destination; returns the exit code.

    Raises:
        UsageError: no destination is set up, or one has a setting that cannot be used.
    """
    with connect(settings, autocommit=True) as connection:
        tests = operators.try_destinations(connection, settings, only)
    if as_json:
        print_document({"destinations": [asdict(test) for test in tests]})
    else:
        print_tests(tests)
    if wrong := [test for test in tests if test.is_wrong]:
        reasons = "; ".join(f"{test.destination}: {test.off}" for test in wrong)
        raise UsageError(f"A destination cannot be used as it is set up: {reasons}.")
    if all(test.off for test in tests):
        raise UsageError(
            "No destination is set up: alerts show on the dashboard only. Set one of "
            "META_ADS_SLACK_WEBHOOK_URL, META_ADS_SMTP_URL and META_ADS_WEBHOOK_URL."
        )
    return UNFINISHED if any(test.error for test in tests) else DONE
