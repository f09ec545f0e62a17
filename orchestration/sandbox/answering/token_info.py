"""What the API says of the token itself: `/debug_token` and `/me/permissions`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.sandbox.answering.objects.nodes import ME
from orchestration.sandbox.faults.dial import Dial
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.tokens import EXPIRED, TokenGuard, token_expired

ISSUED_AT = datetime(2026, 1, 1, tzinfo=UTC)
SCOPE = "ads_read"


def debugged(call: Call, guard: TokenGuard, dial: Dial, now: datetime) -> dict[str, Any]:
    """What `/debug_token` says of `input_token`, and what it says while faults are set."""
    token = call.params.get("input_token", "")
    ends = dial.limits(call, "token_expires")
    is_expired = token.startswith("dead") or dial.limits(call, "token_dead") is not None
    if is_expired and call.token == token:
        raise token_expired()
    data: dict[str, Any] = {
        "app_id": "1000000000000001",
        "type": "SYSTEM_USER",
        "expires_at": _seconds(now + timedelta(days=ends.days)) if ends else 0,
        "data_access_expires_at": 0,
        "issued_at": _seconds(ISSUED_AT),
        "is_valid": guard.knows(token) and not is_expired,
        "scopes": _scopes(call, dial),
        "user_id": str(ME["id"]),
    }
    if is_expired:
        data["expires_at"] = _seconds(now - timedelta(days=1))
        data["error"] = {"code": 190, "subcode": 463, "message": EXPIRED}
    return {"data": data}


def permissions(call: Call, dial: Dial) -> dict[str, Any]:
    """What `/me/permissions` says."""
    granted = _scopes(call, dial)
    state = "granted" if SCOPE in granted else "declined"
    return {"data": [{"permission": SCOPE, "status": state}]}


def _scopes(call: Call, dial: Dial) -> Sequence[str]:
    return [] if dial.limits(call, "missing_scope") else [SCOPE]


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
