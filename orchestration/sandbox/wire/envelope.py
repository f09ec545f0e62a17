"""JSON replies, and Meta's error envelope."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


class GraphError(Exception):
    """An answer in Meta's error envelope instead of data."""

    def __init__(
        self,
        message: str,
        *,
        code: int = 100,
        subcode: int | None = None,
        kind: str = "OAuthException",
        status: int = 400,
        transient: bool | None = None,
        headers: Mapping[str, str] | None = None,
        title: str | None = None,
        shown: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self._body: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            self._body["error_subcode"] = subcode
        if transient is not None:
            self._body["is_transient"] = transient
        if title is not None:
            self._body |= {"error_user_title": title, "error_user_msg": shown}

    def response(self, trace_id: str) -> Response:
        """The HTTP reply, with the trace id that its headers carry too."""
        body = {"error": {**self._body, "fbtrace_id": trace_id}}
        return json_response(body, status=self.status, headers=self.headers)


def invalid(message: str) -> GraphError:
    """A parameter that cannot be used."""
    return GraphError(f"(#100) {message}", code=100)


def missing_object(name: str, method: str = "get") -> GraphError:
    """Meta's answer both for what does not exist and for what the token may not see or do."""
    return GraphError(
        f"Unsupported {method.lower()} request. Object with ID '{name}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation.",
        subcode=33,
        kind="GraphMethodException",
    )


def json_response(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON reply."""
    return Response(
        orjson.dumps(body), status, headers=headers, media_type="application/json; charset=UTF-8"
    )
