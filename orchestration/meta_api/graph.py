"""One call of the Graph API, tried again as the policy says: a whole answer or an error.

The token goes into a header only, so that no URL, log line, exception or stored cursor holds it.
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import orjson
import requests
import urllib3
from pydantic import SecretStr

from orchestration.meta_api.deadline import DeadlineAdapter
from orchestration.meta_api.errors import (
    FOR_PEOPLE,
    AccountRefusedError,
    MetaApiError,
    ThrottledError,
    TokenDeadError,
    TooMuchDataError,
    TransientError,
    VersionRetiredError,
    graph_error,
)
from orchestration.meta_api.repair import repaired
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.traffic import Traffic
from orchestration.meta_api.usage import usage_of

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 120.0
CALL_SECONDS = 180.0
"""A whole call, from connecting to the last byte of the body."""
ASKED_THE_SAME = 2
"""So often a question is asked as it is where Meta's answer may mean that it is too heavy."""
GATEWAY_TIMEOUT = 504
SHORTEST_SECRET = 6
"""Taking out anything shorter would only spoil the message."""
VERSION_WARNING = "X-Ad-Api-Version-Warning"
ME = "me"
"""The call that concerns no ad account: what it is answered is said of the token itself."""

Answer = dict[str, Any]
Method = Literal["GET", "POST"]
log = logging.getLogger(__name__)


class BearerAuth(requests.auth.AuthBase):
    """The token as a header; as `auth`, so that no .netrc of the machine replaces it."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the header."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


@dataclass(frozen=True)
class Asked:
    """One call to make: the path below the version, and the ad account on whose limits it counts.

    `expects` is a key that a whole answer has; for `data` its value is a list of objects. `smaller`
    are lighter questions of the same, to tell a heavy one from an outage; `gives_way`: it is known
    that questions like this may be too heavy.
    """

    path: str
    params: Mapping[str, str]
    account: str = ""
    expects: str = "data"
    method: Method = "GET"
    smaller: tuple["Asked", ...] = ()
    gives_way: bool = False


class Graph:
    """Calls with one token. Not shared between threads: it holds one HTTP session."""

    def __init__(
        self,
        base_url: str,
        version: str,
        token: SecretStr,
        *,
        app_secret: SecretStr | None = None,
        policy: RetryPolicy | None = None,
        traffic: Traffic | None = None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self.base_url, self.version = base_url, version
        self.traffic = traffic or Traffic()
        self.policy = policy or RetryPolicy(sleep=self.traffic.sleep)
        self.calls = 0
        self._app = app_key(token)
        self._proof = _proof(token, app_secret)
        self._secrets = _written_forms(token, app_secret, *self._proof.values())
        self._adapter = DeadlineAdapter(call_seconds)
        self._session = requests.Session()
        self._session.auth = BearerAuth(token)
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)

    def call(self, asked: Asked) -> Answer:
        """The answer, after as many attempts as the policy allows.

        A token's error about an account is checked by asking who the token is: it may be that
        account's alone.

        Raises:
            MetaApiError: of the kind that says what can be done; carries its attempts.
        """
        try:
            return self._tried(asked)
        except TokenDeadError as error:
            if asked.account and self.traffic.tokens.works(self._app, lambda: self._me(asked)):
                raise AccountRefusedError.of(error, asked.account) from None
            self.traffic.tokens.kill(self._app, error)
            raise

    def _me(self, asked: Asked) -> None:
        """Ask who the token is, on the account's own budget."""
        self._tried(Asked(ME, {"fields": "id"}, asked.account, "id"))

    def _tried(self, asked: Asked) -> Answer:
        account = asked.account or asked.path
        policy = self.policy.sleeping(
            lambda seconds: self.traffic.back_off(account, self._app, seconds)
        )
        return policy.call(
            asked.path,
            self._growing_lighter(asked, account),
            lambda error: isinstance(error, TransientError),
        )

    def _growing_lighter(self, asked: Asked, account: str) -> Callable[[], Answer]:
        """An attempt; from the third on after answers that may mean too much it asks for less.

        Less takes the place of the same, so that an outage costs no attempt more.

        Raises:
            TooMuchDataError: less was answered.
        """
        doubts: list[TransientError] = []

        def attempt() -> Answer:
            step = len(doubts) - ASKED_THE_SAME
            lighter = asked.smaller[min(step, len(asked.smaller) - 1)] if step >= 0 else None
            try:
                answer = self._attempt(lighter or asked, account)
            except TransientError as error:
                if error.may_be_size and asked.gives_way:
                    raise TooMuchDataError.disguised(error) from None
                if error.may_be_size and asked.smaller:
                    doubts.append(error)
                raise
            if lighter is not None:
                raise TooMuchDataError.disguised(doubts[0], lighter.method == "POST")
            return answer

        return attempt

    def cut(self) -> None:
        """Break off the call that is under way, from another thread."""
        self._adapter.cut()

    def _attempt(self, asked: Asked, account: str) -> Answer:
        with self.traffic.slot(account, self._app):
            self.calls += 1
            response = self._send(asked)
        self._notice(response)
        try:
            answer = self._read(response, asked)
        except ThrottledError as error:
            usage = usage_of(response.headers, account, error.use_case)
            self.traffic.throttled(account, self._app, error, usage)
            raise
        except VersionRetiredError as error:
            self.traffic.tokens.kill(self._app, error)
            raise
        self.traffic.heard(account, self._app, usage_of(response.headers, account))
        return answer

    def _send(self, asked: Asked) -> requests.Response:
        url = f"{self.base_url}/{self.version}/{quote(asked.path)}"
        params = {**asked.params, **self._proof}
        began = time.monotonic()
        try:
            response = self._session.request(
                asked.method,
                url,
                params=params if asked.method == "GET" else None,
                data=params if asked.method == "POST" else None,
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
                allow_redirects=False,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # The library's own text holds the URL with its query.
            lost = TransientError(f"no answer from the API ({type(error).__name__})")
            lost.may_be_size = isinstance(error, requests.ReadTimeout)
            raise lost from None
        log.debug(
            "%s %s: %d, %d bytes, %.0f ms",
            asked.method,
            asked.path,
            response.status_code,
            len(response.content),
            (time.monotonic() - began) * 1000,
        )
        return response

    def _read(self, response: requests.Response, asked: Asked) -> Answer:
        status, expects = response.status_code, asked.expects
        try:
            body = _parsed(response.content, asked)
        except orjson.JSONDecodeError:
            told = TransientError(f"the API answered {status} without JSON")
            told.may_be_size = status == GATEWAY_TIMEOUT
            raise told from None
        if not isinstance(body, dict):
            raise TransientError(f"the API answered {status} without an object")
        if isinstance(body.get("error"), dict):
            raise self._graph_error(body["error"])
        if status >= 400:
            raise TransientError(f"the API answered {status} without an error object")
        if expects not in body:
            raise TransientError(f"the API answered {status} without {expects!r}")
        if expects == "data" and not _is_rows(body["data"]):
            raise TransientError(f"the API answered {status} without a list of rows")
        return body

    def _graph_error(self, written: Mapping[str, Any]) -> MetaApiError:
        """The error; Meta quotes a malformed token in its message, so that is taken out."""
        texts = {name: self._masked(written.get(name)) for name in ("message", *FOR_PEOPLE)}
        return graph_error({**written, **texts})

    def _masked(self, text: Any) -> str:
        masked = str(text) if text else ""
        for secret in self._secrets:
            masked = masked.replace(secret, "***")
        return masked

    def _notice(self, response: requests.Response) -> None:
        warning = response.headers.get(VERSION_WARNING)
        if warning:
            self.traffic.notice(
                f"Meta warns about API version {self.version}: {warning} (set META_API_VERSION)"
            )


def app_key(token: SecretStr) -> str:
    """What stands for the app of a token where the token itself must not."""
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()


def _parsed(content: bytes, asked: Asked) -> Any:
    """The JSON of a body; characters in its text that JSON does not have are replaced.

    Raises:
        orjson.JSONDecodeError: it is none all the same.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        body = orjson.loads(repaired(content))
    log.warning("%s: text that is no text came, a replacement character stands for it", asked.path)
    return body


def _is_rows(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(row, dict) for row in data)


def _proof(token: SecretStr, app_secret: SecretStr | None) -> dict[str, str]:
    if app_secret is None:
        return {}
    key, message = app_secret.get_secret_value(), token.get_secret_value()
    return {"appsecret_proof": hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()}


def _written_forms(*secrets: SecretStr | str | None) -> list[str]:
    """How the secrets may be quoted in a text: as they are and as in a URL; the longest first."""
    plain = [s.get_secret_value() if isinstance(s, SecretStr) else s for s in secrets if s]
    forms = {
        form
        for secret in plain
        for form in (secret, quote(secret, safe=""))
        if len(form) >= SHORTEST_SECRET
    }
    return sorted(forms, key=len, reverse=True)
