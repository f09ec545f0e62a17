"""The ASGI application: the Graph API below `/v<N>.<N>/` and the sandbox's own `/sandbox/`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from orchestration.sandbox.answering import batch
from orchestration.sandbox.answering.objects.nodes import ME, accounts_page, edge_page, entity_node
from orchestration.sandbox.answering.rows.page import insights_page
from orchestration.sandbox.answering.rows.reports import Reports
from orchestration.sandbox.answering.scope import find
from orchestration.sandbox.answering.token_info import debugged, permissions
from orchestration.sandbox.control.clock import Clock
from orchestration.sandbox.control.data_routes import data_routes
from orchestration.sandbox.control.scenario import Scenario
from orchestration.sandbox.control.steering_routes import steering_routes
from orchestration.sandbox.faults.dial import Dial
from orchestration.sandbox.faults.kinds import SERVICE_KINDS
from orchestration.sandbox.faults.service.transport import Hangup
from orchestration.sandbox.options import SandboxOptions
from orchestration.sandbox.wire.budgets import Budgets
from orchestration.sandbox.wire.call import Call, call_from
from orchestration.sandbox.wire.envelope import GraphError, invalid, json_response, missing_object
from orchestration.sandbox.wire.headers import Headers, Load
from orchestration.sandbox.wire.request_log import RequestLog
from orchestration.sandbox.wire.tokens import TokenGuard
from orchestration.sandbox.wire.versions import Served, served
from orchestration.sandbox.world.model import Account

BUSINESS_ID = "990000000000001"
"""The id in the usage headers where no account is concerned."""

NO_LOAD = Load()
_STARTS_A_REPORT = ("POST", "insights")
_EMPTY_EDGES = ("assigned_users", "business_users")
"""Edges that other connectors ask for; empty, as the demo's accounts belong to no business."""


class GraphApi:
    """Answers Graph requests about the given accounts; every answer reads the clock anew."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        clock: Clock,
        dial: Dial,
        options: SandboxOptions,
    ) -> None:
        self._accounts, self._clock, self._dial = accounts, clock, dial
        self._guard = TokenGuard(options.token, options.app_secret)
        self._live = options.live_versions
        self._reports = Reports(self._rows, clock, dial, options.report_seconds)
        self._headers = Headers()
        self.log = RequestLog()
        self.budgets = Budgets()

    async def respond(self, request: Request) -> Response:
        """The reply to one request, or to the many of a batch."""
        trace_id = self._headers.trace_id()
        try:
            call = await call_from(request)
        except GraphError as error:
            return error.response(trace_id)
        if call.method != "POST" or call.nodes or "batch" not in call.params:
            return await self.reply(call)
        try:
            response = await batch.answered(call, self.reply)
        except GraphError as error:
            response = error.response(trace_id)
        self._complete(response, call, trace_id)
        return response

    async def reply(self, call: Call) -> Response:
        """The reply to one call, spoiled where a fault is set for it."""
        trace_id = self._headers.trace_id()
        call, load = self._placed(call), NO_LOAD
        try:
            served(call, self._live)
            load = self.budgets.charge(call)
            # A fault looks at the parameters too, and those may be unreadable.
            fault = self._dial.service(call)
            if fault is None:
                response = json_response(self._true_answer(call))
            else:
                apply = SERVICE_KINDS[fault.kind].apply
                response = await apply(call, fault.extent, self._true_answer)
        except GraphError as error:
            response = error.response(trace_id)
        self._complete(response, call, trace_id, load)
        self.log.add(call, None if isinstance(response, Hangup) else response.status_code)
        return response

    def _complete(
        self, response: Response, call: Call, trace_id: str, load: Load = NO_LOAD
    ) -> None:
        """Add the headers of every reply, and remove those that a fault left empty."""
        try:
            served_version = served(call, self._live)
        except GraphError:
            served_version = Served(call.version, call.version)
        usage = load.headers(call.account_id or BUSINESS_ID)
        always = self._headers.always(served_version.version, trace_id)
        for name, value in {**served_version.headers(), **always, **usage}.items():
            if response.headers.setdefault(name, value) == "":
                del response.headers[name]

    def _placed(self, call: Call) -> Call:
        """The call with the account and the level of its node."""
        call = replace(call, version=call.version or self._live[0])
        origin = self._reports.origin(call.nodes[0]) if call.nodes else None
        if origin is not None:
            return replace(
                call, owner=origin.owner, level=origin.level, today=origin.today, is_report=True
            )
        scope = find(self._accounts, call.nodes[0]) if call.nodes else None
        if scope is None:
            return call
        level = call.params.get("level") or scope.level
        today = scope.account.today(self._clock())
        return replace(call, owner=scope.account.id, level=level, today=today)

    def _true_answer(self, call: Call) -> dict[str, Any]:
        if call.nodes == ("debug_token",) and call.token:
            return debugged(call, self._guard, self._dial, self._clock())
        self._guard.check(call.token, call.params.get("appsecret_proof", ""))
        return self._answer(call)

    def _answer(self, call: Call) -> dict[str, Any]:
        now = self._clock()
        if call.method != "GET" and call.nodes[:1] == ("me",):
            raise missing_object("me", call.method)
        if call.nodes == ("me",):
            names = call.names("fields")
            return {
                name: value for name, value in ME.items() if not names or name in (*names, "id")
            }
        if call.nodes == ("me", "permissions"):
            return permissions(call, self._dial)
        if call.nodes == ("me", "adaccounts"):
            return accounts_page(call, self._accounts.values(), now)
        if call.edge in _EMPTY_EDGES:
            return {"data": []}
        if not call.nodes:
            return self._several(call)
        if self._reports.origin(call.nodes[0]):
            return self._report(call)
        scope = find(self._accounts, call.nodes[0])
        if scope is None or (call.method != "GET" and (call.method, call.edge) != _STARTS_A_REPORT):
            raise missing_object("/".join(call.nodes[:1]), call.method)
        if len(call.nodes) > 2:
            raise GraphError(f"Unknown path components: /{'/'.join(call.nodes[1:])}", code=2500)
        if len(call.nodes) == 1:
            return entity_node(call, scope, now)
        if call.edge == "insights":
            if call.method == "POST":
                return self._reports.start(call)
            return insights_page(call, scope, now, self._dial)
        return edge_page(call, scope, call.edge, now)

    def _report(self, call: Call) -> dict[str, Any]:
        if call.method == "GET" and call.edge == "insights":
            return self._reports.read(call)
        if call.method == "GET" and not call.edge:
            return self._reports.poll(call)
        if call.method == "DELETE" and not call.edge:
            return self._reports.forget(call)
        raise missing_object(call.nodes[0], call.method)

    def _rows(self, call: Call, now: datetime, dial: Dial) -> dict[str, Any]:
        scope = find(self._accounts, call.nodes[0])
        if scope is None:
            raise missing_object(call.nodes[0])
        return insights_page(call, scope, now, dial)

    def _several(self, call: Call) -> dict[str, Any]:
        """`/?ids=1,2`: the nodes by their ids."""
        ids = call.names("ids")
        if not ids:
            raise invalid("The parameter ids is required")
        return {name: self._answer(replace(call, nodes=(name,))) for name in ids}


def sandbox_app(
    accounts: Mapping[str, Account],
    clock: Clock,
    options: SandboxOptions,
    scenario: Scenario | None = None,
) -> Starlette:
    """The application that serves the accounts at a clock, with the steps of a scenario."""
    dial = Dial()
    graph = GraphApi(accounts, clock, dial, options)
    play = scenario.player(clock, dial) if scenario else None

    async def respond(request: Request) -> Response:
        if play is not None:
            play()
        return await graph.respond(request)

    steering = steering_routes(dial, clock, graph.log, graph.budgets)
    data = data_routes(accounts, clock, dial)
    return Starlette(
        routes=[
            Mount("/sandbox", routes=[*steering, *data]),
            Route("/{path:path}", respond, methods=["GET", "POST", "DELETE"]),
        ]
    )
