"""The sandbox's own routes that steer it: faults, budgets, the clock and the log of requests."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orchestration.sandbox.control.clock import Clock
from orchestration.sandbox.faults.dial import Dial
from orchestration.sandbox.faults.fields import UnusableFaultError
from orchestration.sandbox.faults.kinds import MATCHING, families, kinds, takes
from orchestration.sandbox.wire.budgets import Budgets
from orchestration.sandbox.wire.envelope import json_response
from orchestration.sandbox.wire.request_log import RequestLog


def steering_routes(dial: Dial, clock: Clock, log: RequestLog, budgets: Budgets) -> list[Route]:
    """The routes below `/sandbox`; none asks for a token."""
    handlers = _Handlers(dial, clock, log, budgets)
    return [
        Route("/faults", handlers.faults),
        Route("/faults", handlers.set_fault, methods=["POST"]),
        Route("/faults", handlers.clear_faults, methods=["DELETE"]),
        Route("/faults/{fault_id}", handlers.clear_faults, methods=["DELETE"]),
        Route("/budgets", handlers.budgets, methods=["GET", "POST", "DELETE"]),
        Route("/clock", handlers.clock, methods=["GET", "POST", "DELETE"]),
        Route("/log", handlers.log, methods=["GET", "DELETE"]),
    ]


class _Handlers:
    """The handlers of the routes."""

    def __init__(self, dial: Dial, clock: Clock, log: RequestLog, budgets: Budgets) -> None:
        self._dial, self._clock, self._log, self._budgets = dial, clock, log, budgets

    async def faults(self, request: Request) -> Response:
        """The faults that are set, and the kinds there are, with the fields of each."""
        del request
        fields = {name: list(takes(name)) for name in kinds()}
        return json_response(
            {
                **self._dial.shown(),
                "families": families(),
                "fields": fields,
                "common_fields": list(MATCHING),
            }
        )

    async def set_fault(self, request: Request) -> Response:
        """Set one fault; answers its id."""
        try:
            return json_response(self._dial.add(await _object(request)).shown(), status=201)
        except (UnusableFaultError, ValueError) as error:
            return json_response({"error": str(error), "kinds": kinds()}, status=400)

    async def clear_faults(self, request: Request) -> Response:
        """Take one fault off, or all of them."""
        return json_response({"removed": self._dial.remove(request.path_params.get("fault_id"))})

    async def budgets(self, request: Request) -> Response:
        """Show what was spent of the budgets of calls, set one, or take all off."""
        if request.method == "DELETE":
            self._budgets.clear()
        elif request.method == "POST":
            try:
                self._budgets.set(await _object(request))
            except ValueError as error:
                return json_response({"error": str(error)}, status=400)
        return json_response(self._budgets.shown())

    async def clock(self, request: Request) -> Response:
        """Show the clock, set it, or put it back."""
        if request.method == "DELETE":
            self._clock.reset()
        elif request.method == "POST":
            try:
                self._clock.steer(await _object(request))
            except ValueError as error:
                return json_response({"error": str(error)}, status=400)
        return json_response(self._clock.shown())

    async def log(self, request: Request) -> Response:
        """Show the latest requests, or clear them."""
        if request.method == "DELETE":
            self._log.clear()
        return json_response({"requests": self._log.shown()})


async def _object(request: Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body
