"""Which access tokens are accepted, and the errors for those that are not."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from orchestration.sandbox.wire.envelope import GraphError

EXPIRED = (
    "Error validating access token: Session has expired. The current time is later than the time "
    "of expiry."
)


@dataclass(slots=True)
class TokenGuard:
    """Accepts one exact token, or any that does not start with `dead`.

    With `app_secret` every call has to carry an `appsecret_proof`.
    """

    exact: str | None = None
    app_secret: str | None = None

    def check(self, token: str, proof: str = "") -> None:
        """Raise Meta's error for a missing, expired or wrong token or proof."""
        if not token:
            raise GraphError(
                "An active access token must be used to query information about the current user.",
                code=2500,
            )
        if token.startswith("dead"):
            raise token_expired()
        if self.exact is not None and token != self.exact:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", code=190)
        if self.app_secret is not None:
            self._check_proof(self.app_secret, token, proof)

    def knows(self, token: str | None) -> bool:
        """Whether a token is accepted."""
        return bool(token) and not str(token).startswith("dead") and self.exact in (None, token)

    def _check_proof(self, secret: str, token: str, proof: str) -> None:
        if not proof:
            raise GraphError(
                "API calls from the server require an appsecret_proof argument",
                kind="GraphMethodException",
            )
        right = hmac.new(secret.encode(), token.encode(), sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), proof.encode()):
            raise GraphError(
                "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException"
            )


def token_expired() -> GraphError:
    """The answer to an expired token."""
    return GraphError(
        EXPIRED,
        code=190,
        subcode=463,
    )
