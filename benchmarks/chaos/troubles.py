"""What is done to a world: kills, pauses, full disks, steps of the clock, faults of the API.

The seed decides what is done next, and when; which process it strikes also depends on which there
are at that moment.
"""

import threading
import time
from contextlib import suppress
from random import Random
from typing import Any

import psycopg

from benchmarks.chaos import promises
from benchmarks.chaos.counts import Counts, say
from benchmarks.chaos.victims import (
    BACKEND,
    ROOM_BYTES,
    SERVER,
    Processes,
    choose,
    kill,
    limit_files,
    no_room,
    pause,
    processes_of,
)
from benchmarks.chaos.world import World
from orchestration.errors import UnreachableError

SAYS_EVERY_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 8.0
TROUBLES_TO_A_LULL, LONGEST_LULL_SECONDS, POLL_SECONDS = 25, 60.0, 0.2
LONGEST_FULL_SECONDS = 4.0
MOST_FAULTS_SECONDS = 12.0
KILLED = {
    "run": 2,
    "dbt": 2,
    "worker": 6,
    "suites": 4,
    "alerts": 4,
    "health server": 2,
    "refresher": 2,
    "daemon": 1,
    "code server": 1,
    "run of the daemon": 2,
    "web server of Dagster": 1,
    BACKEND: 2,
    SERVER: 1,
}
"""How often each is chosen among those that are there: some runs are to come to their end."""
PAUSED = ["run", "dbt", "worker", "suites", "alerts", "health server", "run of the daemon", BACKEND]
PAST_THE_LEASES = """
update ops.collection_leases set expires_at = clock_timestamp() - interval '1 second';
update ops.builds set heartbeat_at = clock_timestamp() - 2 * ops.build_lease()
where state = 'running';
update ops.alert_messages set leased_until = clock_timestamp() - interval '1 second'
where leased_until is not null
"""
"""What the ledger says after a pause of many minutes: for all, paused or not."""
SERVICE_FAULTS = (
    *("http_500", "http_503", "html_502", "truncated", "empty_body", "error_200", "no_data"),
    *("reset", "hang_after_half", "slow", "unknown_error", "service_unavailable", "text_200"),
    *("transient_flag", "intermittent_104", "reduce_data", "custom_limit", "empty_page"),
    *("short_pages", "duplicated_page", "repeated_cursor", "foreign_next", "permission"),
    *("account_190", "token_dead", "after_ends_early", "overlapping_pages"),
)
DATA_FAULTS = (
    *("split", "split_purchase", "rows_dropped", "empty_days", "holes", "duplicated", "vanish"),
    *("wrong_dates", "negative", "non_numeric", "spend_without_impressions", "wrong_currency"),
    *("totals_disagree", "no_currency", "missing_field", "null_values", "foreign_bytes"),
)
"""Those that the gate refuses, so that no person has to decide once they are gone."""


class Troubles:
    """Makes trouble until it is told to stop, or has killed enough."""

    def __init__(self, world: World, counts: Counts, seed: int, most_kills: int) -> None:
        self._world, self._counts, self._most_kills = world, counts, most_kills
        self._chance = Random(seed)
        self._threads: list[threading.Thread] = []

    def make(self, deadline: float, pause_seconds: float) -> None:
        """One after the other, at random moments."""
        makers = {
            self._kill: 10,
            self._pause: 4,
            self._fault_of_the_service: 2,
            self._fault_of_the_data: 2,
            self._step_the_clock: 2,
            self._fill_the_disk_of_a_program: 1,
            self._fill_the_disk_of_postgres: 1,
            self._break_the_receiver: 1,
        }
        said, made = time.monotonic(), 0
        while time.monotonic() < deadline and self._counts.kills < self._most_kills:
            time.sleep(self._chance.uniform(0, 2 * pause_seconds))
            (maker,) = self._chance.choices([*makers], [*makers.values()])
            # The same number of choices, whatever is there to be struck: so the seed repeats it.
            maker(Random(self._chance.random()))
            made += 1
            if made % TROUBLES_TO_A_LULL == 0:
                self._let_a_publication_through(deadline)
            if time.monotonic() - said > SAYS_EVERY_SECONDS:
                said = time.monotonic()
                self._say_progress()
        for thread in self._threads:
            thread.join()

    def _let_a_publication_through(self, deadline: float) -> None:
        """No trouble until there is a new one: where the machine is slow, none would ever be."""
        before = self._publications()
        end = min(deadline, time.monotonic() + LONGEST_LULL_SECONDS)
        while time.monotonic() < end and self._publications() in (None, before):
            time.sleep(POLL_SECONDS)
        self._counts.count(self._counts.troubles, "lulls")

    def _publications(self) -> int | None:
        with (
            suppress(psycopg.Error, UnreachableError),
            psycopg.connect(self._world.url(), connect_timeout=3) as connection,
        ):
            row = connection.execute(promises.MADE["publications"]).fetchone()
            return int(row[0]) if row else None
        return None

    def _say_progress(self) -> None:
        counts = self._counts
        say(
            f"{counts.seconds:6.0f} s  {counts.kills:4} kills  {counts.paused.total():4} pauses  "
            f"{counts.reads.total():6} reads  as of {self._world.latest:%Y-%m-%d %H:%M}  "
            f"{sum(map(len, counts.wrong.values()))} wrong"
        )

    def _processes(self) -> Processes:
        return processes_of(self._world.state, self._world.server)

    def _kill(self, chance: Random) -> None:
        weighted = [kind for kind, weight in KILLED.items() for _ in range(weight)]
        with suppress(LookupError):
            kind, process = choose(chance, self._processes(), weighted)
            if kill(process, with_group=kind == "run" and chance.random() < 0.5):
                self._counts.count(self._counts.killed, kind)

    def _pause(self, chance: Random) -> None:
        with suppress(LookupError):
            kind, process = choose(chance, self._processes(), PAUSED)
            seconds = chance.uniform(0.2, LONGEST_PAUSE_SECONDS)
            if pause(process, seconds):
                self._counts.count(self._counts.paused, kind)
                if chance.random() < 0.5:
                    self._let_leases_end()

    def _let_leases_end(self) -> None:
        """A pause of seconds becomes one of many minutes, for the ledger."""
        with (
            suppress(psycopg.Error, UnreachableError),
            psycopg.connect(
                self._world.url(), connect_timeout=3, options="-c lock_timeout=1s"
            ) as connection,
        ):
            connection.execute(PAST_THE_LEASES)
            self._counts.count(self._counts.troubles, "leases ended")

    def _fault_of_the_service(self, chance: Random) -> None:
        self._set_fault(chance, {"kind": chance.choice(SERVICE_FAULTS)})

    def _fault_of_the_data(self, chance: Random) -> None:
        self._set_fault(chance, {"kind": chance.choice(DATA_FAULTS)})

    def _set_fault(self, chance: Random, fault: dict[str, Any]) -> None:
        account = chance.choice(self._world.accounts)
        everybody = chance.random() < 0.3 and fault["kind"] != "account_190"
        fault |= {} if everybody else {"account": account}
        fault |= {"for_seconds": round(chance.uniform(1, MOST_FAULTS_SECONDS), 1)}
        fault |= {"probability": chance.choice([0.3, 1.0]), "seed": chance.randrange(1000)}
        self._world.set_fault(fault)
        self._counts.count(self._counts.troubles, "faults of the API")

    def _step_the_clock(self, chance: Random) -> None:
        hours = chance.choice([1, 6, 18, 24]) if chance.random() < 0.8 else -chance.uniform(1, 48)
        self._world.step_clock(hours)
        self._counts.count(self._counts.troubles, "steps of the clock")

    def _fill_the_disk_of_a_program(self, chance: Random) -> None:
        with suppress(LookupError):
            _, process = choose(chance, self._processes(), ["run", "dbt", "alerts"])
            limit_files([process], chance.choice([0, ROOM_BYTES]))
            self._counts.count(self._counts.troubles, "full disks of programs")

    def _fill_the_disk_of_postgres(self, chance: Random) -> None:
        processes = self._processes()
        if SERVER not in processes:
            return
        postmaster = processes[SERVER]
        full = [*postmaster, *postmaster[0].children(recursive=True)]
        seconds = chance.uniform(0.5, LONGEST_FULL_SECONDS)
        self._counts.count(self._counts.troubles, "full disks of Postgres")
        with no_room(full):
            time.sleep(seconds)

    def _break_the_receiver(self, chance: Random) -> None:
        self._world.receiver.is_broken = True
        timer = threading.Timer(chance.uniform(1, 10), self._mend_the_receiver)
        timer.start()
        self._threads.append(timer)
        self._counts.count(self._counts.troubles, "outages of the receiver")

    def _mend_the_receiver(self) -> None:
        self._world.receiver.is_broken = False
