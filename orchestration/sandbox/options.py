"""The options of a sandbox, for the command line and for child processes.

Imports nothing heavy: the command line and `process` need it without the server.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

LIVE_VERSIONS = ("v25.0", "v26.0")
PORT = 8900


@dataclass(frozen=True, kw_only=True)
class SandboxOptions:
    """The options of a sandbox.

    `port` 0 takes any free one. `now` is the instant that the sandbox's clock stands at; without it
    the clock is the real one. `token` is the only token accepted; without it every token
    that does not start with `dead` is. `app_secret` makes every call carry an `appsecret_proof`.
    `live_versions` are in order; older ones are forwarded to the first, down to v22.0.
    `report_seconds` is how long a report takes; with 0 it is completed after three polls.
    `scenario` is a file with faults and clock changes at given times.

    `replay` is a recorded daily export that is served as one account in place of the demo accounts;
    `columns` says which of its columns holds what, where their names do not, `date_order` and
    `decimal_mark` how its days and numbers are written, and `account_id`, `timezone` and `currency`
    are those of that account.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    seed: int = 7
    now: datetime | None = None
    token: str | None = field(default=None, repr=False)
    app_secret: str | None = field(default=None, repr=False)
    live_versions: tuple[str, ...] = LIVE_VERSIONS
    report_seconds: float = 0.0
    scenario: Path | None = None
    replay: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    account_id: str | None = None
    timezone: str = "UTC"
    currency: str | None = None
    date_order: str | None = None
    decimal_mark: str | None = None

    def written(self) -> str:
        """The options as JSON."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def read(cls, written: str) -> Self:
        """The options out of what `written` gave."""
        values: dict[str, Any] = json.loads(written)
        for name, kind in _KINDS.items():
            if values.get(name) is not None:
                values[name] = kind(values[name])
        return cls(**values)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "now": datetime.fromisoformat,
    "live_versions": tuple,
    "scenario": Path,
    "replay": Path,
}
