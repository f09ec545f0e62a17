"""One request to the Graph API, taken apart: version, path, parameters and token."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request

from orchestration.sandbox.graph import GraphError, cursor, invalid, offset_of

DEFAULT_LIMIT = 25
_VERSION = re.compile(r"v\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Call:
    """A Graph request; `nodes` are the path segments after the version."""

    version: str
    nodes: tuple[str, ...]
    params: dict[str, str]
    token: str
    url: str

    @property
    def account_id(self) -> str | None:
        """The account of the path, without `act_`."""
        if self.nodes and self.nodes[0].startswith("act_"):
            return self.nodes[0].removeprefix("act_")
        return None

    @property
    def edge(self) -> str:
        """What is asked of the node: `insights`, `campaigns`, ... or nothing."""
        return self.nodes[1] if len(self.nodes) > 1 else ""

    @property
    def limit(self) -> int:
        """How many rows a page holds."""
        written = self.params.get("limit", "")
        if not written:
            return DEFAULT_LIMIT
        if not written.isdecimal() or int(written) == 0:
            raise invalid("Param limit must be an integer greater than 0")
        return int(written)

    @property
    def start(self) -> int:
        """The first row of the page."""
        after = self.params.get("after", "")
        return offset_of(after) + 1 if after else 0

    def names(self, parameter: str) -> list[str]:
        """A list of names, written with commas or as JSON."""
        written = self.params.get(parameter, "").strip()
        if written.startswith("["):
            return [str(name) for name in self.json(parameter, list)]
        return [name.strip() for name in written.split(",") if name.strip()]

    def json(self, parameter: str, kind: type) -> Any:
        """A parameter in JSON, of the given kind; `None` when it is absent or empty."""
        written = self.params.get(parameter, "")
        if not written:
            return None
        try:
            value = orjson.loads(written)
        except orjson.JSONDecodeError:
            raise invalid(f"Param {parameter} must be valid JSON") from None
        if not isinstance(value, kind):
            what = "an array" if kind is list else "an object"
            raise invalid(f"Param {parameter} must be {what}")
        return value

    def page(self, found: Sequence[Any]) -> dict[str, Any]:
        """The page of `found`, which holds up to one row more than the page takes."""
        rows = found[: self.limit]
        if not rows:
            return {"data": []}
        last = self.start + len(rows) - 1
        paging: dict[str, Any] = {"cursors": {"before": cursor(self.start), "after": cursor(last)}}
        if len(found) > self.limit:
            paging["next"] = f"{self.url}?{urlencode({**self.params, 'after': cursor(last)})}"
        return {"data": rows, "paging": paging}


def taken_apart(request: Request) -> Call:
    """The call behind an HTTP request.

    Only what came in the query appears in links, so a token in a header is never echoed.
    """
    version, *nodes = request.url.path.strip("/").split("/")
    params = dict(request.query_params)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = params.get("access_token", "")
    if not token and scheme.lower() in ("bearer", "oauth"):
        token = bearer.strip()
    return Call(
        version=version if _VERSION.fullmatch(version) else "",
        nodes=tuple(nodes),
        params=params,
        token=token,
        url=f"{request.base_url}{request.url.path.strip('/')}",
    )


def check_version(call: Call) -> None:
    """Raise when the path does not start with a version such as `v26.0`."""
    if not call.version:
        raise GraphError("Unknown path components: the path starts with v<N>.<N>/", code=2500)
