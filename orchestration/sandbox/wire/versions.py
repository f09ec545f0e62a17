"""Which versions of the API are served, forwarded or refused."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from orchestration.errors import UsageError
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError

FORWARDED_FROM = (22, 0)
"""Older ones are refused; Meta forwards an expired version while its endpoints are unchanged."""

WARNING = "X-Ad-Api-Version-Warning"
_NAME = re.compile(r"v(\d+)\.(\d+)")


class Served(NamedTuple):
    """The version that answers a call, and the one that was asked for."""

    version: str
    requested: str

    def headers(self) -> dict[str, str]:
        """The warning about a version that was forwarded."""
        if self.version == self.requested:
            return {}
        return {
            WARNING: f"The call has been auto-upgraded to {self.version} as {self.requested} "
            "has been deprecated."
        }


def served(call: Call, live: Sequence[str]) -> Served:
    """The version that answers the call; `live` are in order, the oldest first.

    Raises:
        GraphError: the version is retired for good, or there is none of that name.
    """
    # Without a version the oldest answers, as at Meta.
    requested = call.version or live[0]
    number = number_of(requested)
    if number > number_of(live[-1]):
        raise GraphError(f"Unknown path components: /{requested}", code=2500)
    if number < FORWARDED_FROM:
        raise retired(live[-1])
    return Served(next(version for version in live if number_of(version) >= number), requested)


def number_of(version: str) -> tuple[int, int]:
    """The numbers in `v26.0`; raises `ValueError` when it is written otherwise."""
    written = _NAME.fullmatch(version)
    if written is None:
        raise ValueError(version)
    return int(written[1]), int(written[2])


def live_versions(written: str) -> tuple[str, ...]:
    """The versions in `v25.0,v26.0`, the oldest first.

    Raises:
        UsageError: it is written otherwise.
    """
    try:
        return tuple(sorted((name.strip() for name in written.split(",")), key=number_of))
    except ValueError:
        raise UsageError(f"The live versions are written v25.0,v26.0, not {written}.") from None


def retired(latest: str) -> GraphError:
    """The answer to a version that is no longer served."""
    return GraphError(
        "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest "
        f"version: {latest}.",
        code=2635,
    )
