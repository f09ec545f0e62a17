"""The sandbox's own routes about its data: the accounts and their exact totals."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orchestration.sandbox.faults.dial import Dial, alteration
from orchestration.sandbox.wire.envelope import json_response
from orchestration.sandbox.world.model import LEVELS, Account, Alter
from orchestration.sandbox.world.truth import truth


def data_routes(
    accounts: Mapping[str, Account], clock: Callable[[], datetime], dial: Dial
) -> list[Route]:
    """The routes below `/sandbox`; none asks for a token."""
    handlers = _Handlers(accounts, clock, dial)
    return [
        Route("/accounts", handlers.accounts),
        Route("/truth", handlers.truth),
    ]


class _Handlers:
    """The handlers of the routes."""

    def __init__(
        self, accounts: Mapping[str, Account], clock: Callable[[], datetime], dial: Dial
    ) -> None:
        self._accounts, self._clock, self._dial = accounts, clock, dial

    async def accounts(self, request: Request) -> Response:
        """All accounts with their days."""
        del request
        return json_response(
            {"accounts": [self._shown(account) for account in self._accounts.values()]}
        )

    async def truth(self, request: Request) -> Response:
        """The exact totals of an account over the days asked for, else over all finished days.

        Faults do not change them; settings of ordinary life do.
        """
        params = request.query_params
        account = self._accounts.get(params.get("account", "").removeprefix("act_"))
        if account is None:
            return _refused(404, "account must be one of /sandbox/accounts")
        moment = account.moment(self._clock())
        today, level = moment.today, params.get("level", "account")
        if level not in LEVELS:
            return _refused(400, f"level must be one of {', '.join(LEVELS)}")
        try:
            since = _day(params.get("since"), account.source.first_day(today))
            until = _day(params.get("until"), account.source.last_day(today))
        except ValueError:
            return _refused(400, "since and until must be days written YYYY-MM-DD")
        by_day = params.get("by_day") in ("true", "1")
        life = self._dial.life(account.id)

        def alter(day: date) -> Alter | None:
            return alteration([each for each in life if each.covers(day, day)], day, today)

        return json_response(
            truth(account, moment, since, until, level=level, by_day=by_day, alter=alter)
        )

    def _shown(self, account: Account) -> dict[str, Any]:
        today = account.today(self._clock())
        return {
            "id": f"act_{account.id}",
            "account_id": account.id,
            "name": account.name,
            "currency": account.currency,
            "timezone_name": account.timezone_name,
            "campaigns": len(account.campaigns),
            "adsets": len(account.objects["adset"]),
            "ads": len(account.objects["ad"]),
            "today": today.isoformat(),
            "first_day": account.source.first_day(today).isoformat(),
            "last_day": account.source.last_day(today).isoformat(),
        }


def _day(written: str | None, default: date) -> date:
    return date.fromisoformat(written) if written else default


def _refused(status: int, error: str) -> Response:
    return json_response({"error": error}, status=status)
