"""kill -9 of evaluation and delivery at random instants: no alert is lost, and none is sent twice
except where a destination had accepted it and the process died before it noted that."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import states
from alert_receivers import Receivers
from databases import Warehouse
from factories import put_day
from worlds import CLIENTS, WEEK, lose_day

ROUNDS = 40
ZYGOTE = Path(__file__).with_name("zygote.py")


class Zygote:
    """Children that can be killed at any instant."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.kills = Counter[str]()

    def run(self, job: str, kill_after: float | None = None) -> int:
        """Do a job; with an instant the child is killed then, if it still lives."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{job}\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        code = int(self.process.stdout.readline())
        self.kills[job] += code == -signal.SIGKILL
        return code


@contextmanager
def zygote(world: Warehouse, receivers: Receivers) -> Iterator[Zygote]:
    with subprocess.Popen(
        [sys.executable, ZYGOTE],
        env=world.command_environment(receivers.environment()),
        cwd=world.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Zygote(process)
        assert process.stdin is not None
        process.stdin.close()


def test_killed_again_and_again_nothing_is_lost_and_nothing_is_doubled_without_need(
    world: Warehouse, receivers: Receivers
) -> None:
    chance = random.Random(20261115)
    states.healthy(world)
    with zygote(world, receivers) as children:
        assert children.run("evaluate") == children.run("deliver") == 0
        for _ in range(ROUNDS):
            client_id, day = chance.choice(CLIENTS), chance.choice(WEEK[:3])
            if chance.random() < 0.5:
                lose_day(world, client_id, day)
            else:
                put_day(world, client_id, day)
                world.execute("update ops.client_months set published_version = version")
            children.run("evaluate", chance.uniform(0, 0.09))
            if chance.random() < 0.5:
                children.run("evaluate")
            children.run("deliver", chance.uniform(0, 0.12))
        assert children.run("evaluate") == children.run("deliver") == 0
        # Enough of both was killed in the middle to mean something.
        assert min(children.kills.values()) >= ROUNDS / 4

    # Whatever is wrong now is an open alert, and nothing else is.
    missing = {
        (client, day)
        for client in CLIENTS
        for day in map(str, WEEK[:3])
        if not world.value(
            "select count(*) from ops.slice_state where client_id = %s and date_day = %s "
            "and level = 'campaign'",
            [client, day],
        )
    }
    open_days = world.rows(
        "select client_id, jsonb_array_elements_text(facts -> 'days') from ops.alerts "
        "where state = 'open' and rule in ('daily_collection', 'gap_older_than_a_day')"
    )
    assert {*open_days} == missing

    # Each opening and each end was written once for each destination, with the alert's own change.
    openings, ends = world.rows(
        "select sum(times_opened), "
        "coalesce(sum(times_opened) filter (where state = 'resolved'), 0) + "
        "coalesce(sum(times_opened - 1) filter (where state <> 'resolved'), 0) from ops.alerts"
    )[0]
    written = {
        (destination, kind): count
        for destination, kind, count in world.rows(
            "select destination, case kind when 'reopened' then 'opened' else kind end, "
            "sum(cardinality(alert_ids)) from ops.alert_messages group by 1, 2"
        )
    }
    for destination in ("slack", "email", "webhook"):
        assert written[destination, "opened"] == openings
        assert written.get((destination, "resolved"), 0) == ends
    assert openings > 5

    # Each message was sent and proved; what came twice came with its key, once for each kill.
    assert world.rows("select count(*) from ops.alert_messages where state <> 'sent'") == [(0,)]
    attempts = dict(
        world.rows(
            "select message_key::text, attempts from ops.alert_messages "
            "where destination in ('webhook', 'email')"
        )
    )
    came = Counter(request.headers["webhook-id"] for request in receivers.webhook.requests)
    came += Counter(
        str(mail.message["Message-ID"]).strip().strip("<>").partition("@")[0]
        for mail in receivers.mail.mails
    )
    assert {*came} == {*attempts}
    doubled = {key: count for key, count in came.items() if count > 1}
    assert all(attempts[key] >= count for key, count in came.items())
    assert sum(doubled.values()) - len(doubled) <= 2 * children.kills["deliver"]
