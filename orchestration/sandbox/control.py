"""What the sandbox tells about itself under `/sandbox/`: accounts, exact totals and the faults."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orchestration.sandbox.faults import Dial, UnusableFaultError, kinds
from orchestration.sandbox.graph import json_response
from orchestration.sandbox.model import Account
from orchestration.sandbox.truth import truth


def control_routes(
    accounts: Mapping[str, Account], clock: Callable[[], datetime], dial: Dial
) -> list[Route]:
    """The routes below `/sandbox`; none asks for a token."""
    control = _Control(accounts, clock, dial)
    return [
        Route("/accounts", control.accounts),
        Route("/truth", control.truth),
        Route("/faults", control.faults),
        Route("/faults", control.set_fault, methods=["POST"]),
        Route("/faults", control.clear_faults, methods=["DELETE"]),
        Route("/faults/{fault_id}", control.clear_faults, methods=["DELETE"]),
    ]


class _Control:
    """The handlers, bound to what they tell about."""

    def __init__(
        self, accounts: Mapping[str, Account], clock: Callable[[], datetime], dial: Dial
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self._dial = dial

    async def accounts(self, request: Request) -> Response:
        """All accounts with their days."""
        del request
        return json_response(
            {"accounts": [self._shown(account) for account in self._accounts.values()]}
        )

    async def truth(self, request: Request) -> Response:
        """The exact totals of an account; all finished days when none are named."""
        asked = request.query_params
        account = self._accounts.get(asked.get("account", "").removeprefix("act_"))
        if account is None:
            return _refused(404, "account must be one of /sandbox/accounts")
        today = account.today(self._clock())
        try:
            since = _day(asked.get("since"), account.source.first_day(today))
            until = _day(asked.get("until"), account.source.last_day(today))
        except ValueError:
            return _refused(400, "since and until must be days written YYYY-MM-DD")
        by_campaign = asked.get("level") == "campaign"
        return json_response(truth(account, today, since, until, by_campaign=by_campaign))

    async def faults(self, request: Request) -> Response:
        """The faults that are set, and the kinds there are."""
        del request
        return json_response(self._dial.shown())

    async def set_fault(self, request: Request) -> Response:
        """Set one fault; answers its id."""
        try:
            body = orjson.loads(await request.body())
            if not isinstance(body, dict):
                return _refused(400, "the body must be a JSON object", kinds=kinds())
            return json_response(self._dial.add(body).shown(), status=201)
        except orjson.JSONDecodeError:
            return _refused(400, "the body must be a JSON object", kinds=kinds())
        except UnusableFaultError as error:
            return _refused(400, str(error), kinds=kinds())

    async def clear_faults(self, request: Request) -> Response:
        """Take one fault off, or all of them."""
        removed = self._dial.remove(request.path_params.get("fault_id"))
        return json_response({"removed": removed})

    def _shown(self, account: Account) -> dict[str, Any]:
        today = account.today(self._clock())
        return {
            "id": f"act_{account.id}",
            "account_id": account.id,
            "name": account.name,
            "currency": account.currency,
            "timezone_name": account.timezone_name,
            "campaigns": len(account.campaigns),
            "today": today.isoformat(),
            "first_day": account.source.first_day(today).isoformat(),
            "last_day": account.source.last_day(today).isoformat(),
        }


def _day(written: str | None, default: date) -> date:
    return date.fromisoformat(written) if written else default


def _refused(status: int, error: str, **more: Any) -> Response:
    return json_response({"error": error, **more}, status=status)
