"""How a dbt build ended, read from `run_results.json`."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import orjson

PASSING = re.compile(
    r"lock timeout|deadlock|could not serialize|could not connect|server closed"
    r"|connection .*(refused|closed|reset|timed out|lost)|terminating connection"
    r"|starting up|shutting down|in recovery mode|not yet accepting|server conn|server login"
    r"|could not (receive data|send data)|broken pipe|cannot connect to server|no route to host"
    r"|too many (clients|connections)|remaining connection slots|cannot be reached|broke off"
    # After a crash of the server the unlogged tables of the build are empty.
    r"|another build is running|not built in this run",
    re.IGNORECASE,
)
"""Messages of locks, connections and servers after which the same build may pass later."""

RESULTS = "run_results.json"
NO_RESULTS = "dbt"
"""What stands in place of a node where dbt ended before it wrote results."""
LOCK = re.compile(r"lock timeout", re.IGNORECASE)
READ_ONLY = re.compile(r"cannot execute .* in a read-only transaction")


class NodeResult(NamedTuple):
    """dbt's status of a node (`success`, `pass`, `warn`, `fail`, `error`, ...) and its message."""

    status: str
    message: str


@dataclass(frozen=True)
class BuildResult:
    """Messages by dbt node: `errors` of nodes that broke, `failures` of tests that found rows."""

    errors: dict[str, str]
    failures: dict[str, str]

    @property
    def in_words(self) -> str:
        """All messages in one line, each after its node; empty if nothing broke or failed."""
        faults = self.errors | self.failures
        return "; ".join(f"{node}: {text}" for node, text in faults.items())

    @property
    def read_only(self) -> str:
        """What the server said if it is read-only, else an empty text."""
        matches = (READ_ONLY.search(text) for text in self.errors.values())
        return next((match[0] for match in matches if match), "")

    @property
    def may_pass_later(self) -> bool:
        """Whether there are errors, and each is of a kind that passes by itself."""
        return bool(self.errors) and all(PASSING.search(text) for text in self.errors.values())

    @property
    def waited_for_a_lock(self) -> bool:
        """Whether a node waited too long for a lock of another session."""
        return any(LOCK.search(text) for text in self.errors.values())

    def with_holders(self, holders: str) -> "BuildResult":
        """The result with the sessions that hold locks named in each error about a lock."""
        if not holders:
            return self
        errors = {
            node: f"{text} Held by {holders}." if LOCK.search(text) else text
            for node, text in self.errors.items()
        }
        return replace(self, errors=errors)


def build_result(target: Path, last_output: str = "") -> BuildResult:
    """What `run_results.json` says; without that file, the last output of dbt is the error."""
    if not (target / RESULTS).exists():
        return BuildResult({NO_RESULTS: last_output or "dbt ended before it wrote its results"}, {})
    errors, failures = {}, {}
    for node, result in node_results(target).items():
        if result.status in ("error", "runtime error"):
            errors[node] = result.message
        elif result.status == "fail":
            failures[node] = result.message
    return BuildResult(errors, failures)


def node_results(target: Path) -> dict[str, NodeResult]:
    """How each node ended, by its name."""
    return {
        result["unique_id"].split(".")[2]: NodeResult(result["status"], str(result["message"]))
        for result in orjson.loads((target / RESULTS).read_bytes())["results"]
    }
