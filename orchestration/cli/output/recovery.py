"""What `meta-ads recover --list` prints for people: what failed, and the command to replay it."""

from collections.abc import Sequence

from orchestration.cli.output.console import say
from orchestration.text import instant
from orchestration.warehouse.ledger.recovery import Entry, Failure, failures


def print_recovery_log(entries: Sequence[Entry]) -> None:
    """Print each failure and the command that replays it; a repeated failure is printed once."""
    for failure in sorted(failures(entries), key=lambda failure: str(failure.latest["at"])):
        repeated = f", {failure.times} times" if failure.times > 1 else ""
        say(
            f"{_subject(failure)}: {failure.latest['error']}: {failure.reason} "
            f"({_attempts(failure.latest)}{repeated})"
        )
        if failure.replay:
            say(f"    {failure.replay}")
    if not entries:
        say("Nothing that failed is open.")


def _subject(failure: Failure) -> str:
    entry = failure.latest
    if failure.days is None:
        return str(entry["entry"])
    return f"{entry['kind']}, {entry['client_id']} {failure.days}"


def _attempts(entry: Entry) -> str:
    """When the last attempt was, and how many there were."""
    attempts = len(entry["attempts"])
    at = instant(entry["at"])
    return f"{at}, after {attempts} attempts" if attempts > 1 else at
