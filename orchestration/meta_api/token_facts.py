"""What Meta says of a token: whether it is good, when it ends, what it may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from orchestration.meta_api.calls.graph import Graph
from orchestration.meta_api.calls.request import Call
from orchestration.meta_api.errors import BadRequestError, MetaApiError, PermissionDeniedError


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    """A token's scopes and its end; `tells_end` is false where Meta does not say when that is.

    `ends_at` is None where it has no end, `trouble` what Meta finds wrong with it.
    """

    scopes: frozenset[str]
    tells_end: bool = True
    ends_at: datetime | None = None
    trouble: str = ""


def token_facts(graph: Graph, token: SecretStr) -> TokenFacts:
    """What Meta says of the token of `graph`.

    `/debug_token` is for the app and its developers; other users may only ask for permissions.

    Raises:
        MetaApiError: neither of them is answered.
    """
    params = {"input_token": token.get_secret_value()}
    try:
        answer = graph.call(Call(path="debug_token", params=params, of_rows=False))
    except (BadRequestError, PermissionDeniedError):
        rows = graph.call(Call(path="me/permissions", params={}))["data"]
        granted = (row.get("permission") for row in rows if row.get("status") == "granted")
        return TokenFacts(scopes=_texts(granted), tells_end=False)
    data = answer["data"]
    if not isinstance(data, dict):
        raise MetaApiError("Meta's answer about the token holds no facts")
    error = data.get("error")
    says = error.get("message") if isinstance(error, dict) else ""
    ends = [_instant(data.get(name)) for name in ("expires_at", "data_access_expires_at")]
    return TokenFacts(
        scopes=_texts(data.get("scopes") or ()),
        ends_at=min((end for end in ends if end is not None), default=None),
        trouble="" if data.get("is_valid") else str(says or "Meta calls it invalid"),
    )


def _texts(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(value for value in values if isinstance(value, str))


def _instant(seconds: Any) -> datetime | None:
    """An instant in seconds since 1970; 0 stands for never."""
    return datetime.fromtimestamp(seconds, UTC) if type(seconds) is int and seconds else None
