"""The end of a campaign: everything is mended, and compared with what really happened."""

from datetime import date, timedelta
from typing import Any

import psycopg

from benchmarks.chaos import promises
from benchmarks.chaos.counts import Counts, say
from benchmarks.chaos.readers import Readers
from benchmarks.chaos.victims import end_all
from benchmarks.chaos.world import SECRETS, World
from benchmarks.sandbox_truth import published, truth

MOST_ROUNDS = 6
MARTS = ("monthly_client_summary", "monthly_campaign_performance", "daily_campaign_performance")


def mend(world: World, counts: Counts) -> None:
    """What a person does after such a day: collect all of it again, recover, and run."""
    world.clear_faults()
    end_all(world.state, world.server)
    world.now = world.latest
    last = str(world.latest.date() - timedelta(days=1))
    codes: list[int | None] = []
    for number in range(MOST_ROUNDS):
        commands = (
            ("collect", "--since", str(world.first_day), "--until", last),
            ("recover",),
            ("run",),
        )
        codes = [world.run(*command) for command in commands]
        for command, code in zip(commands, codes, strict=True):
            if code:
                said = (world.home / "outputs" / f"{command[0]}.log").read_text("utf-8", "replace")
                say(f"{command[0]} ends with {code}: {said.strip()[-1500:]}")
        left = _left(world)
        say(f"mending, round {number + 1}: exit codes {codes}; left: {left or 'nothing'}")
        if not left and codes[-1] == 0:
            return
    counts.violation("other", f"not mended after {MOST_ROUNDS} rounds: {codes}, {_left(world)}")


def _left(world: World) -> dict[str, int]:
    questions = {
        "owed": promises.OWED,
        "in build": promises.IN_BUILD,
        "not built": promises.UNBUILT,
    }
    found = {name: int(ask(world, query)[0][0]) for name, query in questions.items()}
    return {name: number for name, number in found.items() if number}


def ask(world: World, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """What the warehouse answers."""
    options = f"-c meta_ads.now={world.now.isoformat()}"
    with psycopg.connect(world.server.ensure_running(), options=options) as connection:
        return connection.execute(query, parameters).fetchall()


def judge(world: World, counts: Counts, readers: Readers) -> None:
    """What has to hold once everything is mended."""
    compare_with_truth(world, counts)
    readers.ask_everything()
    if code := world.run("publications", "verify"):
        counts.violation("torn reads", f"publications verify ends with {code}")
    judge_alerts(world, counts)
    find_secrets(world, counts)
    for name, query in promises.MADE.items():
        counts.made[name] = ask(world, query)[0][0]


def compare_with_truth(world: World, counts: Counts) -> None:
    """Each client and month of each mart, up to the last day that is there: no day is owed."""
    last = dict(ask(world, promises.LAST_DAYS))
    first = world.first_day
    while first <= max(last.values()):
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        until = {client: min(day, following - timedelta(days=1)) for client, day in last.items()}
        expected = {
            client: truth(world.sandbox.url, account, str(first), str(until[client]))
            for client, account in world.clients.items()
            if first <= last[client]
        }
        _compare(world, counts, first.replace(day=1), expected)
        first = following


def _compare(world: World, counts: Counts, month: date, expected: dict[str, Any]) -> None:
    for mart in MARTS:
        found = published(lambda *query: ask(world, *query), mart, str(month))
        for client, totals in expected.items():
            if found.get(client) != totals:
                counts.violation(
                    "other", f"{mart}, {client}, {month}: {found.get(client)}, in truth {totals}"
                )


def judge_alerts(world: World, counts: Counts) -> None:
    """Every alert has been told, and the receiver has every message that counts as sent."""
    for command in (("alerts", "evaluate"), ("alerts", "deliver"), ("alerts", "deliver")):
        world.run(*command)
    sent = {row[0] for row in ask(world, promises.SENT)}
    if lost := sorted(sent - world.receiver.accepted):
        counts.violation("lost alerts", f"sent, and never received: {lost[:5]}")
    if unsent := ask(world, promises.UNSENT)[0][0]:
        counts.violation("lost alerts", f"{unsent} messages are not sent with everything mended")


def find_secrets(world: World, counts: Counts) -> None:
    """In what commands said, in logs and files, in messages and on pages."""
    secrets = [*SECRETS, *_passwords(world)]
    contents = {str(number): body for number, body in enumerate(world.receiver.bodies)}
    keeps_passwords = world.state / "postgres"
    for path in world.home.rglob("*"):
        if path.is_file() and not path.is_relative_to(keeps_passwords):
            contents[str(path)] = path.read_bytes()
    leaks = {
        f"{place} holds {secret}"
        for place, content in contents.items()
        for secret in secrets
        if secret.encode() in content
    }
    for leak in sorted(leaks | world.leaks):
        counts.violation("secrets", leak)


def _passwords(world: World) -> list[str]:
    return [
        path.read_text().strip()
        for path in (world.state / "postgres").glob("*password*")
        if path.is_file()
    ]
