"""Calls of the Graph API with one token, tried again as the policy says: an answer or an error.

The token goes into a header only, so that no URL, log line, exception or stored cursor holds it.
"""

import logging
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote

import requests
import urllib3
from pydantic import SecretStr

from orchestration.meta_api.calls.deadline import DeadlineAdapter
from orchestration.meta_api.calls.masking import SecretMask
from orchestration.meta_api.calls.request import (
    BearerAuth,
    Call,
    app_key,
    app_secret_proof,
    token_check,
)
from orchestration.meta_api.calls.response import Answer, read_answer
from orchestration.meta_api.errors import (
    AccountRefusedError,
    ThrottledError,
    TokenDeadError,
    TooMuchDataError,
    TransientError,
    VersionRetiredError,
)
from orchestration.meta_api.retry import RetryPolicy
from orchestration.meta_api.throttling.traffic import Traffic
from orchestration.meta_api.throttling.usage import usage_of

CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 120.0
CALL_SECONDS = 180.0
"""A whole call, from connecting to the last byte of the body."""
SAME_QUESTION_ATTEMPTS = 2
"""How often a question is asked unchanged where Meta's answer may mean that it is too heavy."""
VERSION_WARNING = "X-Ad-Api-Version-Warning"

log = logging.getLogger(__name__)


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
        self.headers: Mapping[str, str] = {}
        """The headers of the latest answer."""
        self._app = app_key(token)
        self._proof = app_secret_proof(token, app_secret)
        self._mask = SecretMask(token, app_secret, *self._proof.values())
        self._adapter = DeadlineAdapter(call_seconds)
        self._session = requests.Session()
        self._session.auth = BearerAuth(token)
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)

    def call(self, call: Call) -> Answer:
        """The answer, after as many attempts as the policy allows.

        When Meta refuses the token in a call about an account, the token itself is asked about:
        the error may concern only that account.

        Raises:
            MetaApiError: its type says what can be done; it carries its attempts.
        """
        try:
            return self._with_retries(call)
        except TokenDeadError as error:
            if call.account and self.traffic.tokens.works(
                self._app, lambda: self._with_retries(token_check(call.account))
            ):
                raise AccountRefusedError.of(error, call.account) from None
            self.traffic.tokens.mark_dead(self._app, error)
            raise

    def cut(self) -> None:
        """Break off the call that is under way, from another thread."""
        self._adapter.cut()

    def _with_retries(self, call: Call) -> Answer:
        account = call.account or call.path
        policy = self.policy.sleeping(
            lambda seconds: self.traffic.back_off(account, self._app, seconds)
        )
        return policy.call(
            call.path,
            self._growing_lighter(call, account),
            lambda error: isinstance(error, TransientError),
        )

    def _growing_lighter(self, call: Call, account: str) -> Callable[[], Answer]:
        """An attempt that asks for less, from the third time on, if answers may mean "too much".

        The lighter question replaces the same question, so that an outage costs no more attempts.

        Raises:
            TooMuchDataError: a lighter question was answered.
        """
        doubts: list[TransientError] = []

        def attempt() -> Answer:
            step = len(doubts) - SAME_QUESTION_ATTEMPTS
            lighter = call.smaller[min(step, len(call.smaller) - 1)] if step >= 0 else None
            try:
                answer = self._attempt(lighter or call, account)
            except TransientError as error:
                if error.may_be_size and call.may_be_too_heavy:
                    raise TooMuchDataError.disguised(error) from None
                if error.may_be_size and call.smaller:
                    doubts.append(error)
                raise
            if lighter is not None:
                raise TooMuchDataError.disguised(doubts[0], lighter.method == "POST")
            return answer

        return attempt

    def _attempt(self, call: Call, account: str) -> Answer:
        with self.traffic.slot(account, self._app):
            self.calls += 1
            response = self._send(call)
        self.headers = response.headers
        self._notice_version_warning(response)
        try:
            answer = read_answer(response, call, self._mask)
        except ThrottledError as error:
            usage = usage_of(response.headers, account, error.use_case)
            self.traffic.throttled(account, self._app, error, usage)
            raise
        except VersionRetiredError as error:
            self.traffic.tokens.mark_dead(self._app, error)
            raise
        self.traffic.note_usage(account, self._app, usage_of(response.headers, account))
        return answer

    def _send(self, call: Call) -> requests.Response:
        url = f"{self.base_url}/{self.version}/{quote(call.path)}"
        params = {**call.params, **self._proof}
        began = time.monotonic()
        try:
            response = self._session.request(
                call.method,
                url,
                params=params if call.method == "GET" else None,
                data=params if call.method == "POST" else None,
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
            call.method,
            call.path,
            response.status_code,
            len(response.content),
            (time.monotonic() - began) * 1000,
        )
        return response

    def _notice_version_warning(self, response: requests.Response) -> None:
        warning = response.headers.get(VERSION_WARNING)
        if warning:
            self.traffic.notice(
                f"Meta warns about API version {self.version}: {warning} (set META_API_VERSION)"
            )
