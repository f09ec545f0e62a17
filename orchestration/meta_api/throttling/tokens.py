"""Which tokens of a run are dead: an error about one ad account does not mean that its token is."""

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
"""How long the answer that a token works is trusted: refused accounts share one call, and a token
that dies in the middle of a run is noticed soon."""
ALL_TOKENS = ""
"""The key for a retired version, which no token can use."""

log = logging.getLogger(__name__)


@dataclass
class _Check:
    """When a token was last seen to work; one thread asks, the others wait for its answer."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    worked_at: float = -math.inf


class Tokens:
    """The state of a run's tokens, by app key; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._dead: dict[str, MetaApiError] = {}
        self._checks: defaultdict[str, _Check] = defaultdict(_Check)
        self._lock = threading.Lock()

    def mark_dead(self, app: str, error: MetaApiError) -> None:
        """Refuse further calls with this token, or with every token if the version is retired.

        The first reason stays.
        """
        with self._lock:
            key = ALL_TOKENS if isinstance(error, VersionRetiredError) else app
            self._dead.setdefault(key, error)

    def refuse_dead(self, app: str) -> None:
        """Stop a call that Meta could only refuse.

        Raises:
            TokenDeadError, VersionRetiredError: the reason.
        """
        error = self._dead.get(ALL_TOKENS) or self._dead.get(app)
        if isinstance(error, VersionRetiredError):
            raise VersionRetiredError(f"not asked, the version is refused: {error}")
        if error is not None:
            raise TokenDeadError(f"not asked, its token was refused before: {error}")

    def works(self, app: str, ask: Callable[[], object]) -> bool:
        """Whether the token is good for a call that concerns no account; `ask` makes that call.

        A token whose check gets no answer is not taken for dead.

        Raises:
            CancelledError: the run was interrupted.
        """
        with self._lock:
            check = self._checks[app]
        with check.lock:
            if app in self._dead:
                return False
            if self._clock() - check.worked_at >= CHECK_SECONDS:
                return self._check(app, check, ask)
            return True

    def _check(self, app: str, check: _Check, ask: Callable[[], object]) -> bool:
        try:
            ask()
        except TokenDeadError as error:
            self.mark_dead(app, error)
            return False
        except CancelledError:
            raise
        except MetaApiError as error:
            log.warning("could not check whether a token works: %s", error)
            return True
        check.worked_at = self._clock()
        return True
