"""The headers of every reply: date, version, trace id, and how much of the limits is used."""

from dataclasses import dataclass
from email.utils import formatdate
from hashlib import blake2b

import orjson

_ACCESS_TIER = "standard_access"


@dataclass(slots=True)
class Headers:
    """Makes the headers of every reply; trace ids only have to differ from reply to reply."""

    _replies: int = 0

    def trace_id(self) -> str:
        """The next trace id."""
        self._replies += 1
        return "A" + blake2b(str(self._replies).encode(), digest_size=8).hexdigest()

    def always(self, version: str, trace_id: str) -> dict[str, str]:
        """The headers of every reply beside those of its usage."""
        return {
            "Date": formatdate(usegmt=True),
            "facebook-api-version": version,
            "x-fb-trace-id": trace_id,
            "x-fb-request-id": trace_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much of the limits is used, in percent, and the minutes until lost access is back.

    `business` is the limit of the use case `case`; without it the account's percentage counts.
    """

    account: int = 2
    app: int = 1
    minutes: float = 0
    business: int | None = None
    case: str = "ads_insights"

    def headers(self, account_id: str) -> dict[str, str]:
        """The four usage headers of a reply about an account."""
        business = self.account if self.business is None else self.business
        case = {
            "type": self.case,
            "call_count": business,
            "total_cputime": business,
            "total_time": business,
            "estimated_time_to_regain_access": self.minutes,
            "ads_api_access_tier": _ACCESS_TIER,
        }
        account = {
            "acc_id_util_pct": self.account,
            "reset_time_duration": round(self.minutes * 60),
            "ads_api_access_tier": _ACCESS_TIER,
        }
        throttle = {
            "app_id_util_pct": self.app,
            "acc_id_util_pct": self.account,
            "ads_api_access_tier": _ACCESS_TIER,
        }
        app = {"call_count": self.app, "total_time": self.app, "total_cputime": self.app}
        return {
            "X-App-Usage": orjson.dumps(app).decode(),
            "X-Business-Use-Case-Usage": orjson.dumps({account_id: [case]}).decode(),
            "X-Ad-Account-Usage": orjson.dumps(account).decode(),
            "X-FB-Ads-Insights-Throttle": orjson.dumps(throttle).decode(),
        }


OMITTED = dict.fromkeys(Load().headers(""), "")
"""Empty usage headers; a reply that sets them is sent without any."""
