"""What one kind of fault of the service can do: answer a call in place of the true answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse, Response

from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError

TrueAnswer = Callable[[Call], dict[str, Any]]
"""Gives the true answer to a call, as the body's object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How bad a fault is; each kind says which of these it takes.

    Kinds have defaults of their own for what is `None`; `levels` is a list with commas.
    """

    seconds: float | None = None
    minutes: float = 1
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


Apply = Callable[[Call, Extent, TrueAnswer], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKind:
    """One way for a request to fail; `takes` are the fields of `Extent` that it reads.

    `concerns` narrows the requests that it meets beside what the fault itself says; `needs` are the
    fields without which a fault cannot be set.
    """

    family: str
    description: str
    apply: Apply
    takes: tuple[str, ...] = ()
    concerns: Callable[[Call, Extent], bool] = lambda _call, _extent: True
    needs: tuple[str, ...] = ()


def always(make: Callable[[], Response]) -> Apply:
    """Gives the same response to every call."""

    async def apply(_call: Call, _extent: Extent, _true_answer: TrueAnswer) -> Response:
        return make()

    return apply


def html(status: int, title: str) -> Apply:
    """Answers with a page of HTML, as a server in front of the API does."""
    page = f"<html><body><h1>{status} {title}</h1></body></html>"
    return always(lambda: HTMLResponse(page, status))


def refuse(message: str, **error: Any) -> Apply:
    """Answers every call with a `GraphError` of these arguments."""

    async def apply(_call: Call, _extent: Extent, _true_answer: TrueAnswer) -> Response:
        raise GraphError(message, **error)

    return apply


def reads_insights(call: Call, _extent: Extent) -> bool:
    """Whether the call reads a page of rows, at once or out of a report."""
    return call.edge == "insights" and call.method == "GET"


def reads_insights_at_once(call: Call, extent: Extent) -> bool:
    """Whether the call reads a page of rows that is not out of a report."""
    return reads_insights(call, extent) and not call.is_report


def reads_a_page(call: Call, _extent: Extent) -> bool:
    """Whether the call reads a page of anything: of rows, of accounts or of the objects in one."""
    return call.edge != "" and call.method == "GET"
