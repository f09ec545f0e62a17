"""What a fault of the service is: a function that answers a call in the place of the truth."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from orchestration.sandbox.wire.call import Call

Honest = Callable[[Call], dict[str, Any]]
"""The true answer to a call, as the body's object."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How bad a fault is; each kind says which of these it takes.

    Kinds have defaults of their own for what is `None`; `levels` is a list with commas.
    """

    seconds: float | None = None
    minutes: int = 1
    percent: int = 100
    scope: str = "account"
    case: str = "ads_insights"
    headers: bool = True
    rows: int | None = None
    days: int = 1
    campaigns: int = 1
    what: str = "actions"
    family: str | None = None
    share: float | None = None
    rate: float | None = None
    levels: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """One way for a request to fail; `takes` are the fields of `Extent` that it looks at.

    `concerns` narrows the requests that it meets beside what the fault itself says; `needs` are the
    fields without which a fault cannot be set.
    """

    family: str
    description: str
    apply: Callable[[Call, Extent, Honest], Awaitable[Response]]
    takes: tuple[str, ...] = ()
    concerns: Callable[[Call, Extent], bool] = lambda *_: True
    needs: tuple[str, ...] = ()


def reads_insights(call: Call, extent: Extent) -> bool:
    """A page of rows, read at once or out of a report run."""
    del extent
    return call.edge == "insights" and call.method == "GET"


def reads_insights_at_once(call: Call, extent: Extent) -> bool:
    """A page of rows that is not out of a report run."""
    return reads_insights(call, extent) and not call.is_run


def reads_a_page(call: Call, extent: Extent) -> bool:
    """A page of anything: of rows, of accounts or of the objects in one."""
    del extent
    return call.edge != "" and call.method == "GET"
