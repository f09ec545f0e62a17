"""Those who use the system all along: commands one after the other, the daemon, the web server."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import requests

from benchmarks.chaos.counts import Counts
from benchmarks.chaos.victims import end_all
from benchmarks.chaos.world import World

HANGS_AFTER_SECONDS = 240.0
"""A command that goes on for longer, with everything that was done to it, does not end any more."""
PAUSE_SECONDS = 0.3
KINDS_OF_PAGES = ("/readyz", "/api/admin/data-health", "/metrics", "/admin/monitoring")


class Actors:
    """A thread for each of them, until the block ends."""

    def __init__(self, world: World, counts: Counts, seed: int, *, with_daemon: bool) -> None:
        self._world, self._counts, self._seed = world, counts, seed
        self._over = threading.Event()
        self._turns = [self._job, self._job, self._alerts, self._web]
        if with_daemon:
            self._turns += [self._daemon, self._refresher]

    @contextmanager
    def running(self) -> Iterator[None]:
        """They work meanwhile; at the end each brings to its end what it has begun."""
        threads = [
            threading.Thread(target=self._repeat, args=(turn, Random(self._seed + number)))
            for number, turn in enumerate(self._turns)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        except BaseException:
            # Ctrl-C: what was begun is not brought to its end.
            self._over.set()
            while any(thread.is_alive() for thread in threads):
                end_all(self._world.state, self._world.server)
            raise
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _repeat(self, turn: Callable[[Random], None], chance: Random) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            turn(chance)

    def _job(self, chance: Random) -> None:
        world, client = self._world, chance.choice([*self._world.clients])
        since = world.first_day + timedelta(days=chance.randrange(20))
        until = since + timedelta(days=chance.randrange(6))
        some = ("--since", str(since), "--until", str(until))
        turns: dict[tuple[str, ...], int] = {
            ("run",): 6,
            ("run", "--client", client): 1,
            ("collect", *some): 2,
            ("collect", "--since", str(world.first_day)): 2,
            ("build",): 2,
            ("recover",): 1,
        }
        (arguments,) = chance.choices([*turns], [*turns.values()])
        process = world.start(arguments[0], arguments)
        code = world.end(process, seconds=HANGS_AFTER_SECONDS)
        self._note(arguments[0], code)

    def _alerts(self, chance: Random) -> None:
        turns = [("alerts", "evaluate"), ("alerts", "deliver"), ("storage", "prune")]
        (arguments,) = chance.choices(turns, [4, 4, 1])
        process = self._world.start("alerts", arguments)
        self._note(" ".join(arguments), self._world.end(process, seconds=HANGS_AFTER_SECONDS))

    def _web(self, chance: Random) -> None:
        """The health server for as long as it lives, asked for its pages."""
        port = free_port()
        process = self._world.start("serve", ["serve", "--port", str(port)])
        while process.poll() is None and not self._over.wait(PAUSE_SECONDS):
            page = chance.choice(KINDS_OF_PAGES)
            try:
                answer = requests.get(f"http://127.0.0.1:{port}{page}", timeout=30)
            except requests.RequestException:
                continue
            self._counts.count(self._counts.ended, f"GET {answer.status_code}")
            self._world.note_page(page, answer.content)
        process.terminate()
        self._world.end(process, seconds=30)

    def _daemon(self, chance: Random) -> None:
        """Dagster for as long as its web server lives, or until it is to have a newer clock."""
        arguments = ["serve-dagster", "--port", str(free_port()), "--exit-with-parent"]
        self._stay("daemon", arguments, chance.uniform(60, 240))

    def _refresher(self, chance: Random) -> None:
        self._stay("refresh", ["refresh", "--listen"], chance.uniform(60, 240))

    def _stay(self, kind: str, arguments: list[str], seconds: float) -> None:
        process = self._world.start(kind, arguments)
        waited = 0.0
        while process.poll() is None and waited < seconds and not self._over.wait(PAUSE_SECONDS):
            waited += PAUSE_SECONDS
        process.terminate()
        self._world.end(process, seconds=60)

    def _note(self, command: str, code: int | None) -> None:
        self._counts.count(self._counts.ended, f"{command}: {'no end' if code is None else code}")
        if code is None:
            self._counts.violation(
                "other", f"{command} did not end within {HANGS_AFTER_SECONDS:.0f} s"
            )


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
