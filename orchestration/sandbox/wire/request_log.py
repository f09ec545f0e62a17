"""The latest requests, to see what a client really asked; tokens are never kept."""

from collections import deque
from threading import Lock
from time import monotonic
from typing import Any

from orchestration.sandbox.wire.call import Call

MOST_REQUESTS = 1000


class RequestLog:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=MOST_REQUESTS)
        self._lock = Lock()

    def add(self, call: Call, status: int | None) -> None:
        """Add a request with the faults that spoiled it; `status` is `None` where none was sent."""
        params = call.params
        entry = {
            "at": round(monotonic(), 3),
            "method": call.method,
            "version": call.version,
            "path": call.path,
            "account": call.account_id,
            "level": call.level or None,
            "time_range": params.get("time_range"),
            "limit": params.get("limit"),
            "after": params.get("after"),
            "status": status,
            "fault": ", ".join(dict.fromkeys(call.fired)) or None,
        }
        with self._lock:
            self._entries.append({k: v for k, v in entry.items() if v is not None})

    def shown(self) -> list[dict[str, Any]]:
        """All entries."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._entries.clear()
