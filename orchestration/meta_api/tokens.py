"""Which tokens of a run are dead. One ad account's error is not the death of its token."""

import logging
import math
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from orchestration.meta_api.errors import (
    CancelledError,
    MetaApiError,
    TokenDeadError,
    VersionRetiredError,
)

CHECK_SECONDS = 60.0
"""So long the answer that a token works is believed: accounts that are refused share one call, and
a token that dies in the middle of a run is noticed all the same."""
EVERY = ""
"""Stands for all tokens, where the version is retired."""

log = logging.getLogger(__name__)


@dataclass
class _Check:
    """When a token was last seen to work; one thread asks, the others wait for its answer."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    worked_at: float = -math.inf


class Tokens:
    """The tokens of a run by their app keys; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._dead: dict[str, MetaApiError] = {}
        self._checks: defaultdict[str, _Check] = defaultdict(_Check)
        self._lock = threading.Lock()

    def kill(self, app: str, error: MetaApiError) -> None:
        """No further call with this token, or none at all for a retired version.

        The first reason stays.
        """
        with self._lock:
            self._dead.setdefault(EVERY if isinstance(error, VersionRetiredError) else app, error)

    def refuse_dead(self, app: str) -> None:
        """Let no call pass that could only be refused.

        Raises:
            TokenDeadError, VersionRetiredError: why not.
        """
        error = self._dead.get(EVERY) or self._dead.get(app)
        if isinstance(error, VersionRetiredError):
            raise VersionRetiredError(f"not asked, the version is refused: {error}")
        if error is not None:
            raise TokenDeadError(f"not asked, its token was refused before: {error}")

    def works(self, app: str, ask: Callable[[], object]) -> bool:
        """Whether the token is good for a call that concerns no account, which `ask` makes.

        Without an answer it is not held to be dead.

        Raises:
            CancelledError: the run was interrupted.
        """
        with self._lock:
            check = self._checks[app]
        with check.lock:
            if app in self._dead:
                return False
            if self._clock() - check.worked_at >= CHECK_SECONDS:
                return self._asked(app, check, ask)
            return True

    def _asked(self, app: str, check: _Check, ask: Callable[[], object]) -> bool:
        try:
            ask()
        except TokenDeadError as error:
            self.kill(app, error)
            return False
        except CancelledError:
            raise
        except MetaApiError as error:
            log.warning("whether a token works could not be told: %s", error)
            return True
        check.worked_at = self._clock()
        return True
