"""How a dbt build ended, read from its run results."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

PASSING = re.compile(
    r"lock timeout|deadlock|could not serialize|could not connect|server closed"
    r"|connection .*(refused|closed|reset|timed out|lost)|terminating connection"
    r"|starting up|shutting down|in recovery mode|not yet accepting|server conn|server login"
    r"|could not (receive data|send data)|broken pipe|cannot connect to server|no route to host"
    r"|too many (clients|connections)|remaining connection slots|cannot be reached|broke off"
    # A crash of the server empties the candidates and the marks of the build with them.
    r"|another build is running|not built in this run",
    re.IGNORECASE,
)
"""Faults of locks, connections and servers in their words: the same build may pass later."""

LOCK = re.compile(r"lock timeout", re.IGNORECASE)
READ_ONLY = re.compile(r"cannot execute .* in a read-only transaction")


@dataclass(frozen=True)
class BuildResult:
    """`errors` broke nodes; `failures` are tests that found something."""

    errors: dict[str, str]
    failures: dict[str, str]

    @property
    def read_only(self) -> str:
        """What the server said where it took nothing at all; empty where it did."""
        found = (READ_ONLY.search(text) for text in self.errors.values())
        return next((match[0] for match in found if match), "")

    @property
    def may_pass_later(self) -> bool:
        """Whether every error is of the kind that passes by itself."""
        return bool(self.errors) and all(PASSING.search(text) for text in self.errors.values())

    @property
    def waited_for_a_lock(self) -> bool:
        """Whether a node gave up waiting for somebody else's lock."""
        return any(LOCK.search(text) for text in self.errors.values())

    def with_holders(self, holders: str) -> "BuildResult":
        """The result with those who hold locks beside each error of one."""
        told = f" Held by {holders}." if holders else ""
        named = {
            name: f"{text}{told}" if LOCK.search(text) else text
            for name, text in self.errors.items()
        }
        return replace(self, errors=named)


def build_result(target: Path, last_words: str = "") -> BuildResult:
    """What `run_results.json` says; without the file the `last_words` of dbt are the error."""
    path = target / "run_results.json"
    if not path.exists():
        return BuildResult({"dbt": last_words or "dbt ended before it wrote its results"}, {})
    errors, failures = {}, {}
    for result in orjson.loads(path.read_bytes())["results"]:
        name = result["unique_id"].split(".")[2]
        if result["status"] in ("error", "runtime error"):
            errors[name] = str(result["message"])
        elif result["status"] == "fail":
            failures[name] = str(result["message"])
    return BuildResult(errors, failures)
