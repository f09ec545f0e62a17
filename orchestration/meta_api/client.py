"""A client of the Insights API: rows of an account, level and range of days.

The token goes into a header only, so that no URL, log line, exception or stored cursor holds it.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import requests
from pydantic import SecretStr

from orchestration.meta_api.errors import (
    MetaApiError,
    ThrottledError,
    TooMuchDataError,
    TransientError,
    graph_error,
)
from orchestration.meta_api.fields import (
    ACCOUNT_FIELDS,
    ATTRIBUTION_WINDOWS,
    EFFECTIVE_STATUSES,
    insights_fields,
)
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.throttle import LONGEST_WAIT_SECONDS, wait_seconds

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 120.0
PAGE_ROWS = 500
"""Rows asked for in one page; halved while Meta answers that it is too much data."""
SMALLEST_PAGE_ROWS = 25

Row = dict[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AccountFacts:
    """What Meta says about an ad account itself."""

    account_id: str
    name: str
    currency: str
    timezone_name: str


class InsightsClient:
    """Calls for one token. Not shared between threads: each holds one HTTP session."""

    def __init__(
        self,
        base_url: str,
        version: str,
        token: SecretStr,
        *,
        app_secret: SecretStr | None = None,
        policy: RetryPolicy | None = None,
        session: requests.Session | None = None,
    ) -> None:
        self._root = f"{base_url}/{version}"
        self._policy = policy or RetryPolicy()
        self._session = session or requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        self._proof = _proof(token, app_secret)
        self.calls = 0

    def account(self, account_id: str) -> AccountFacts:
        """Name, currency and time zone of `act_…`."""
        answer = self._get(account_id, {"fields": ",".join(ACCOUNT_FIELDS)})
        try:
            return AccountFacts(
                account_id=str(answer["account_id"]),
                name=str(answer.get("name", account_id)),
                currency=str(answer["currency"]),
                timezone_name=str(answer["timezone_name"]),
            )
        except KeyError as error:
            raise MetaApiError(
                f"Meta's answer about {account_id} lacks the field {error}"
            ) from None

    def insights(
        self, account_id: str, level: str, since: date, until: date
    ) -> Iterator[list[Row]]:
        """Pages of daily rows as Meta sends them; `since` and `until` are account days, inclusive.

        Archived and deleted objects are asked for too: without them the parts fall short of the
        account's total.

        Raises:
            MetaApiError: the call finally failed; rows already yielded are then not the whole.
        """
        params = {
            "level": level,
            "fields": ",".join(insights_fields(level)),
            "time_range": _compact({"since": since.isoformat(), "until": until.isoformat()}),
            "time_increment": "1",
            "action_attribution_windows": _compact(ATTRIBUTION_WINDOWS),
            "filtering": _compact(
                [
                    {
                        "field": "campaign.effective_status",
                        "operator": "IN",
                        "value": EFFECTIVE_STATUSES,
                    }
                ]
            ),
        }
        after: str | None = None
        rows = PAGE_ROWS
        while True:
            cursor = {"after": after} if after else {}
            try:
                page = self._get(f"{account_id}/insights", params | {"limit": str(rows)} | cursor)
            except TooMuchDataError:
                if rows <= SMALLEST_PAGE_ROWS:
                    raise
                rows = max(rows // 2, SMALLEST_PAGE_ROWS)
                log.warning("%s: too much data, the page becomes %d rows", account_id, rows)
                continue
            yield _rows(page)
            following = _next_cursor(page)
            if following is None:
                return
            if following == after:
                raise MetaApiError(f"Meta repeats a cursor of {account_id}: the pages have no end")
            after = following

    def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        return self._policy.call(
            path, lambda: self._attempt(path, params | self._proof), _is_worth_another_try
        )

    def _attempt(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        self.calls += 1
        try:
            response = self._session.get(
                f"{self._root}/{path}",
                params=params,
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # The library's own text holds the URL with its query.
            raise TransientError(f"no answer from the API ({type(error).__name__})") from None
        return _answer(response)


def _answer(response: requests.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        raise TransientError(f"the API answered {response.status_code} without JSON") from None
    if not isinstance(body, dict):
        raise TransientError(f"the API answered {response.status_code} without an object")
    if isinstance(body.get("error"), dict):
        error = graph_error(body["error"])
        if isinstance(error, ThrottledError):
            error.wait_seconds = wait_seconds(response.headers)
        raise error
    if response.status_code >= 400:
        raise TransientError(f"the API answered {response.status_code} without an error object")
    return body


def _is_worth_another_try(error: BaseException) -> bool:
    if isinstance(error, ThrottledError):
        return (error.wait_seconds or 0.0) <= LONGEST_WAIT_SECONDS
    return isinstance(error, TransientError)


def _rows(page: dict[str, Any]) -> list[Row]:
    data = page.get("data")
    if not isinstance(data, list):
        raise MetaApiError("Meta's answer has no list of rows")
    return data


def _next_cursor(page: dict[str, Any]) -> str | None:
    """The cursor of the next page; only a missing `next` ends the pages, an empty page does not."""
    paging = page.get("paging") or {}
    if not paging.get("next"):
        return None
    cursor = (paging.get("cursors") or {}).get("after")
    if not cursor:
        cursor = parse_qs(urlsplit(str(paging["next"])).query).get("after", [None])[0]
    if not cursor:
        raise MetaApiError("Meta names a next page without a cursor")
    return str(cursor)


def _proof(token: SecretStr, app_secret: SecretStr | None) -> dict[str, str]:
    if app_secret is None:
        return {}
    key, message = app_secret.get_secret_value(), token.get_secret_value()
    return {"appsecret_proof": hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()}


def _compact(value: Any) -> str:
    return orjson.dumps(value).decode()
