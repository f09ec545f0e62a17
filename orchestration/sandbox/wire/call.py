"""One call of the Graph API: its version, path, parameters and token.

Parameters may come in the query, in a form or in JSON, and lists with commas or as JSON.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request

from orchestration.sandbox.wire.cursors import Place, cursor, place_of
from orchestration.sandbox.wire.envelope import invalid

DEFAULT_LIMIT = 25
_VERSION = re.compile(r"v\d+\.\d+")
_SECRETS = ("access_token", "appsecret_proof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A Graph request; `nodes` are the path segments after the version.

    `root` is the address of the server; `linked` are the parameters that links of pages repeat, and
    `base` the path that they lead to, where it is not the call's own. When the node is known,
    `owner` is the id of its account, `level` the level of the rows asked for, `today` the account's
    day, and `is_report` says that the node is a report. `fired` collects the kinds of the faults
    that fired.
    """

    version: str
    nodes: tuple[str, ...]
    params: dict[str, str]
    token: str
    root: str
    method: str = "GET"
    linked: Mapping[str, str] = field(default_factory=dict)
    base: tuple[str, ...] | None = None
    owner: str = ""
    level: str = ""
    today: date | None = None
    is_report: bool = False
    is_batched: bool = False
    fired: list[str] = field(default_factory=list)

    @property
    def account_id(self) -> str | None:
        """The account that owns the node, else that of the path, without `act_`."""
        if self.owner:
            return self.owner
        if self.nodes and self.nodes[0].startswith("act_"):
            return self.nodes[0].removeprefix("act_")
        return None

    @property
    def path(self) -> str:
        """The path below the version, with a leading slash."""
        return "/" + "/".join(self.nodes)

    @property
    def edge(self) -> str:
        """The edge of the node: `insights`, `campaigns`, ... or empty."""
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
    def place(self) -> Place:
        """Where the page begins, as its cursor says."""
        after = self.params.get("after", "")
        return place_of(after) if after else Place(-1)

    @property
    def start(self) -> int:
        """The first row of the page."""
        return self.place.offset + 1

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

    def with_params(self, **changes: str) -> Self:
        """The same call with other parameters; its links stay as they were."""
        return replace(self, params={**self.params, **changes})

    def link(self, **changes: str | None) -> str:
        """The absolute address of another page of this call."""
        params = {**self.linked, **changes}
        query = urlencode({name: value for name, value in params.items() if value is not None})
        path = "/".join(self.base or self.nodes)
        return f"{self.root}/{self.version}/{path}?{query}"

    def page(self, read: Sequence[Any]) -> dict[str, Any]:
        """The page of the rows `read`, which hold one more than the page if there is a next one."""
        rows = read[: self.limit]
        if not rows:
            return {"data": []}
        last = self.start + len(rows) - 1
        paging: dict[str, Any] = {"cursors": {"before": cursor(self.start), "after": cursor(last)}}
        if len(read) > self.limit:
            paging["next"] = self.link(after=cursor(last))
        if self.start > 0:
            earlier = self.start - self.limit - 1
            after = cursor(earlier) if earlier >= 0 else None
            paging["previous"] = self.link(after=after, limit=str(min(self.limit, self.start)))
        return {"data": rows, "paging": paging}


async def call_from(request: Request) -> Call:
    """The call of an HTTP request.

    Only what came in the query appears in links, so a token in a header is never echoed.
    """
    query = dict(request.query_params)
    body = _body_params(await request.body(), request.headers.get("content-type", ""))
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = query.get("access_token") or body.get("access_token") or ""
    if not token and scheme.lower() in ("bearer", "oauth"):
        token = bearer.strip()
    return call_of(
        request.method, str(request.base_url), request.url.path, query, body=body, token=token
    )


def call_of(
    method: str,
    root: str,
    path: str,
    query: Mapping[str, str],
    *,
    body: Mapping[str, str],
    token: str,
    version: str = "",
) -> Call:
    """A call from its parts; `version` is used where the path names none."""
    nodes = [node for node in path.split("/") if node]
    if nodes and _VERSION.fullmatch(nodes[0]):
        version = nodes.pop(0)
    params = {**query, **body}
    # In the query of a link it would be sent again with every page.
    override = params.pop("method", "").upper()
    return Call(
        version=version,
        nodes=tuple(nodes),
        params=params,
        token=token,
        root=root.rstrip("/"),
        method=override if method == "POST" and override else method,
        linked={n: v for n, v in params.items() if n in query or n not in _SECRETS},
    )


def _body_params(body: bytes, kind: str) -> dict[str, str]:
    if not body:
        return {}
    if "json" in kind:
        try:
            written = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise invalid("The body is not valid JSON") from None
        return {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in (written.items() if isinstance(written, dict) else ())
        }
    if "multipart" in kind:
        return _multipart(body, kind)
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def _multipart(body: bytes, kind: str) -> dict[str, str]:
    """The text fields of a multipart form; files are ignored."""
    _, _, boundary = kind.partition("boundary=")
    fields = {}
    for part in body.split(b"--" + boundary.strip('"').encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            fields[name[1].decode()] = value.removesuffix(b"\r\n").decode(errors="replace")
    return fields
