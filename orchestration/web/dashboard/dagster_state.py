"""What Dagster says of itself: its daemons and its latest runs. Not asked for long, nor often."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
import requests

from orchestration.web.remembered import Remembered

WAIT_SECONDS = 1.5
"""How long a page waits for the answer; with all the rest it takes less than two seconds."""
REMEMBER_SECONDS = 15.0
QUERY = """
{
  version
  instance { daemonHealth { allDaemonStatuses {
    daemonType required healthy lastHeartbeatTime
  } } }
  runsOrError(limit: 5) { ... on Runs { results { runId jobName status startTime endTime } } }
}
"""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Daemon:
    """One of Dagster's daemons."""

    name: str
    is_healthy: bool
    beat_at: datetime | None


@dataclass(frozen=True)
class Run:
    """A run as Dagster knows it; `url` is its page there."""

    run_id: str
    url: str
    job: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class DagsterState:
    """What its web server answered; `is_reachable` is false where it did not in time."""

    url: str
    is_reachable: bool = False
    version: str = ""
    daemons: list[Daemon] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)


class Dagster:
    """The web server at a URL; `token` makes what opens its door for one request."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url, self._token = url, token
        # The pages show the address, not the password that it may hold.
        self.shown_url = re.sub(r"//[^/@]*@", "//", url)
        self._kept: Remembered[DagsterState] = Remembered(REMEMBER_SECONDS)

    async def state(self) -> DagsterState:
        """What it says, at most 15 seconds old."""
        return await self._kept.get(self._ask)

    def run_url(self, run_id: str) -> str:
        """The page of a run."""
        return f"{self.shown_url}/runs/{run_id}"

    async def _ask(self) -> DagsterState:
        told: DagsterState | None = None
        with anyio.move_on_after(WAIT_SECONDS):
            told = await anyio.to_thread.run_sync(self._post, abandon_on_cancel=True)
        return told or DagsterState(self.shown_url)

    def _post(self) -> DagsterState | None:
        try:
            with requests.Session() as session:
                # A proxy of the environment does not reach this machine's ports.
                session.trust_env = False
                answer = session.post(
                    f"{self._url}/graphql",
                    json={"query": QUERY},
                    headers={"Authorization": f"Bearer {self._token()}"},
                    timeout=WAIT_SECONDS,
                    allow_redirects=False,
                )
            answer.raise_for_status()
            return self._state(answer.json()["data"])
        except (requests.RequestException, ValueError, LookupError, TypeError) as error:
            log.info("Dagster does not answer: %s", type(error).__name__)
            return None

    def _state(self, data: Mapping[str, Any]) -> DagsterState:
        daemons = [
            Daemon(one["daemonType"].lower(), bool(one["healthy"]), _at(one["lastHeartbeatTime"]))
            for one in data["instance"]["daemonHealth"]["allDaemonStatuses"]
            if one["required"]
        ]
        runs = [
            Run(
                one["runId"],
                self.run_url(one["runId"]),
                one["jobName"],
                one["status"].lower(),
                _at(one["startTime"]),
                _at(one["endTime"]),
            )
            for one in data["runsOrError"].get("results", [])
        ]
        return DagsterState(self.shown_url, True, data["version"], daemons, runs)


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
