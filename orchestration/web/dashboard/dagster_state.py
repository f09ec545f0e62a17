"""Asks Dagster for its daemons and its latest runs, with a short timeout and a cache."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
import requests

from orchestration.web.timed_cache import TimedCache

WAIT_SECONDS = 1.5
"""How long a page waits for Dagster; the whole page takes less than two seconds."""
CACHE_SECONDS = 15.0
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


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of Dagster; `url` is its page there."""

    run_id: str
    url: str
    job: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DagsterState:
    """The state of Dagster; `is_reachable` is false if it did not answer in time."""

    url: str
    is_reachable: bool = False
    version: str = ""
    daemons: list[Daemon] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)


class Dagster:
    """Dagster's web server at a URL; `token` makes a bearer token for a request."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url, self._token = url, token
        # The pages show the address without a password.
        self.shown_url = re.sub(r"//[^/@]*@", "//", url)
        self._cache: TimedCache[DagsterState] = TimedCache(CACHE_SECONDS)

    async def state(self) -> DagsterState:
        """Its state, at most 15 seconds old."""
        return await self._cache.get(self._ask)

    def run_url(self, run_id: str) -> str:
        """The page of a run."""
        return f"{self.shown_url}/runs/{run_id}"

    async def _ask(self) -> DagsterState:
        state: DagsterState | None = None
        with anyio.move_on_after(WAIT_SECONDS):
            state = await anyio.to_thread.run_sync(self._post, abandon_on_cancel=True)
        return state or DagsterState(url=self.shown_url)

    def _post(self) -> DagsterState | None:
        try:
            with requests.Session() as session:
                # A proxy from the environment cannot reach the ports of this machine.
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
            Daemon(row["daemonType"].lower(), bool(row["healthy"]), _at(row["lastHeartbeatTime"]))
            for row in data["instance"]["daemonHealth"]["allDaemonStatuses"]
            if row["required"]
        ]
        runs = [
            Run(
                run_id=row["runId"],
                url=self.run_url(row["runId"]),
                job=row["jobName"],
                status=row["status"].lower(),
                started_at=_at(row["startTime"]),
                ended_at=_at(row["endTime"]),
            )
            for row in data["runsOrError"].get("results", [])
        ]
        return DagsterState(
            url=self.shown_url,
            is_reachable=True,
            version=data["version"],
            daemons=daemons,
            runs=runs,
        )


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
