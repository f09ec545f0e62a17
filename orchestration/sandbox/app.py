"""The ASGI application: the Graph API below `/v<N>.<N>/` and the sandbox's own `/sandbox/`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from orchestration.sandbox.call import Call, check_version, taken_apart
from orchestration.sandbox.control import control_routes
from orchestration.sandbox.faults import Dial
from orchestration.sandbox.graph import (
    GraphError,
    Headers,
    TokenGuard,
    insights_usage,
    json_response,
    missing_object,
)
from orchestration.sandbox.insights import insights_page
from orchestration.sandbox.model import Account
from orchestration.sandbox.nodes import ME, Seen, account_node, accounts_page, campaigns_page
from orchestration.sandbox.transport_faults import TRANSPORT_KINDS

Clock = Callable[[], datetime]


class GraphApi:
    """Answers Graph requests about the given accounts; every answer reads the clock anew."""

    def __init__(
        self, accounts: Mapping[str, Account], clock: Clock, dial: Dial, guard: TokenGuard
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self._dial = dial
        self._guard = guard
        self._headers = Headers()

    async def respond(self, request: Request) -> Response:
        """The reply to one request, spoiled as the dial says."""
        call = taken_apart(request)
        trace_id = self._headers.trace_id()
        try:
            response = await self._faulty(call)
        except GraphError as error:
            response = error.response(trace_id)
        headers = self._headers.usage(call.version or "v0.0", trace_id)
        if call.edge == "insights":
            headers = {**insights_usage(call.account_id or "0"), **headers}
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    async def _faulty(self, call: Call) -> Response:
        fault = self._dial.transport(call)
        if fault is None:
            return self._honest(call)
        kind = TRANSPORT_KINDS[fault.kind]
        return await kind.apply(call, fault.extent, lambda: self._honest(call))

    def _honest(self, call: Call) -> Response:
        check_version(call)
        self._guard.check(call.token)
        return json_response(self._answer(call))

    def _answer(self, call: Call) -> dict[str, Any]:
        now = self._clock()
        if call.nodes == ("me",):
            return ME
        if call.nodes == ("me", "adaccounts"):
            return accounts_page(call, self._accounts.values(), now)
        account = self._accounts.get(call.account_id or "")
        if account is None:
            raise missing_object("/".join(call.nodes[:1]))
        if len(call.nodes) == 1:
            return account_node(call, Seen(account, now))
        if call.nodes[1:] == ("campaigns",):
            return campaigns_page(call, Seen(account, now))
        if call.nodes[1:] == ("insights",):
            return insights_page(call, account, now, self._dial)
        raise GraphError(f"Unknown path components: /{'/'.join(call.nodes[1:])}", code=2500)


def sandbox_app(accounts: Mapping[str, Account], *, clock: Clock, token: str | None) -> Starlette:
    """The application that serves the accounts; `token` is the only one accepted, if given."""
    dial = Dial()
    graph = GraphApi(accounts, clock, dial, TokenGuard(token))
    return Starlette(
        routes=[
            Mount("/sandbox", routes=control_routes(accounts, clock, dial)),
            Route("/{path:path}", graph.respond, methods=["GET"]),
        ]
    )
