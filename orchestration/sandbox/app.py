"""The ASGI application: the Graph API below `/v<N>.<N>/` and the sandbox's own `/sandbox/`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from orchestration.sandbox import batch
from orchestration.sandbox.call import Call, taken_apart
from orchestration.sandbox.clock import Clock
from orchestration.sandbox.control import control_routes
from orchestration.sandbox.faults import SERVICE_KINDS, Dial
from orchestration.sandbox.graph import (
    GraphError,
    Headers,
    Load,
    TokenGuard,
    invalid,
    json_response,
    missing_object,
)
from orchestration.sandbox.insights import insights_page
from orchestration.sandbox.model import Account
from orchestration.sandbox.nodes import ME, accounts_page, edge_page, entity_node, find
from orchestration.sandbox.reports import Reports
from orchestration.sandbox.request_log import RequestLog
from orchestration.sandbox.scenario import Scenario
from orchestration.sandbox.service_control import service_routes
from orchestration.sandbox.versions import served


class GraphApi:
    """Answers Graph requests about the given accounts; every answer reads the clock anew."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        clock: Clock,
        dial: Dial,
        guard: TokenGuard,
        report_seconds: float,
    ) -> None:
        self._accounts, self._clock, self._dial, self._guard = accounts, clock, dial, guard
        self._reports = Reports(self._rows, clock, dial, report_seconds)
        self._headers = Headers()
        self.log = RequestLog()

    async def respond(self, request: Request) -> Response:
        """The reply to one request, or to the many of a batch."""
        try:
            call = await taken_apart(request)
        except GraphError as error:
            return error.response(self._headers.trace_id())
        if call.method == "POST" and not call.nodes and "batch" in call.params:
            try:
                return await batch.answered(call, self.reply)
            except GraphError as error:
                return error.response(self._headers.trace_id())
        return await self.reply(call)

    async def reply(self, call: Call) -> Response:
        """The reply to one call, spoiled as the dial says."""
        trace_id = self._headers.trace_id()
        fault = self._dial.service(call)
        version = None
        try:
            version = served(call)
            if fault is None:
                response = json_response(self._honest(call))
            else:
                apply = SERVICE_KINDS[fault.kind].apply
                response = await apply(call, fault.extent, self._honest)
        except GraphError as error:
            response = error.response(trace_id)
        headers = {
            **(version.headers() if version else {}),
            **self._headers.always(version.version if version else call.version, trace_id),
            **Load().headers(call.account_id or "0"),
        }
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        self.log.add(call, response.status_code, fault.kind if fault else None)
        return response

    def _honest(self, call: Call) -> dict[str, Any]:
        if call.nodes == ("debug_token",):
            return _debugged(call)
        self._guard.check(call.token, call.params.get("appsecret_proof", ""))
        return self._answer(call)

    def _answer(self, call: Call) -> dict[str, Any]:
        now = self._clock()
        if call.nodes == ("me",):
            return ME
        if call.nodes == ("me", "adaccounts"):
            return accounts_page(call, self._accounts.values(), now)
        if not call.nodes:
            return self._several(call)
        if call.nodes[0] in self._reports:
            return self._report(call)
        scope = find(self._accounts, call.nodes[0])
        if scope is None or len(call.nodes) > 2:
            raise missing_object("/".join(call.nodes[:1]))
        if len(call.nodes) == 1:
            return entity_node(call, scope, now)
        if call.edge == "insights":
            return self._reports.start(call) if call.method == "POST" else self._rows(call)
        return edge_page(call, scope, call.edge, now)

    def _report(self, call: Call) -> dict[str, Any]:
        if call.edge == "insights":
            return self._reports.read(call)
        if call.method == "DELETE":
            return self._reports.forget(call)
        return self._reports.poll(call)

    def _rows(self, call: Call) -> dict[str, Any]:
        scope = find(self._accounts, call.nodes[0])
        if scope is None:
            raise missing_object(call.nodes[0])
        return insights_page(call, scope, self._clock(), self._dial)

    def _several(self, call: Call) -> dict[str, Any]:
        """`/?ids=1,2`: the nodes by their ids."""
        ids = call.names("ids")
        if not ids:
            raise invalid("The parameter ids is required")
        return {name: self._answer(replace(call, nodes=(name,))) for name in ids}


def _debugged(call: Call) -> dict[str, Any]:
    """What Meta says about a token: this one never expires, unless it is dead."""
    token = call.params.get("input_token", "")
    return {
        "data": {
            "app_id": "1000000000000001",
            "type": "SYSTEM_USER",
            "is_valid": bool(token) and not token.startswith("dead"),
            "expires_at": 0,
            "data_access_expires_at": 0,
            "issued_at": int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()),
            "scopes": ["ads_read"],
            "user_id": str(ME["id"]),
        }
    }


def sandbox_app(
    accounts: Mapping[str, Account],
    *,
    clock: Clock,
    token: str | None,
    app_secret: str | None = None,
    report_seconds: float = 0.0,
    scenario: Scenario | None = None,
) -> Starlette:
    """The application that serves the accounts.

    Args:
        token: the only one accepted; without it any that does not start with `dead`.
        app_secret: makes every call prove that it knows it.
        report_seconds: how long a report run takes; 0 lets three polls end it.
        scenario: faults and clock changes at given times.
    """
    dial = Dial()
    graph = GraphApi(accounts, clock, dial, TokenGuard(token, app_secret), report_seconds)
    play = scenario.player(clock, dial) if scenario else None

    async def respond(request: Request) -> Response:
        if play is not None:
            play()
        return await graph.respond(request)

    return Starlette(
        routes=[
            Mount(
                "/sandbox",
                routes=[
                    *service_routes(dial, clock, graph.log),
                    *control_routes(accounts, clock),
                ],
            ),
            Route("/{path:path}", respond, methods=["GET", "POST", "DELETE"]),
        ]
    )
