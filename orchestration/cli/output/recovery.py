"""What `meta-ads recover --list` prints for people: what failed, and the command to replay it."""

from collections.abc import Sequence

from orchestration.cli.output.console import say
from orchestration.text import instant, span
from orchestration.warehouse.ledger.recovery import Entry


def print_recovery_log(entries: Sequence[Entry]) -> None:
    """Print each failure and the command that replays it; a repeated failure is printed once."""
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_failure(entry), []).append(entry)
    for group in groups.values():
        latest = max(group, key=lambda entry: entry["at"])
        repeated = f", {len(group)} times" if len(group) > 1 else ""
        say(
            f"{_subject(latest)}: {latest['error']}: {latest['reason']} "
            f"({_attempts(latest)}{repeated})"
        )
        if latest["replay"]:
            say(f"    {latest['replay']}")
    if not entries:
        say("Nothing that failed is open.")


def _failure(entry: Entry) -> tuple[str, ...]:
    """What the entries of one repeated failure have in common."""
    if entry["client_id"] is None:
        return entry["kind"], entry["entry"]
    return entry["kind"], entry["client_id"], str(entry["since"]), str(entry["until"])


def _subject(entry: Entry) -> str:
    if entry["client_id"] is None:
        return str(entry["entry"])
    return f"{entry['kind']}, {entry['client_id']} {span(entry['since'], entry['until'])}"


def _attempts(entry: Entry) -> str:
    """When the last attempt was, and how many there were."""
    attempts = len(entry["attempts"])
    at = instant(entry["at"])
    return f"{at}, after {attempts} attempts" if attempts > 1 else at
