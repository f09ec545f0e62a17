"""Who may read what: bearer tokens, session cookies, and CSRF tokens of forms."""

import hmac
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.web.security.ended_sessions import EndedSessions

COOKIE = "meta_ads_session"
SESSION_SECONDS = 12 * 3600
INTERNAL_SALT, INTERNAL_SECONDS = "meta-ads-neighbour", 60
"""For the tokens that the servers of a warehouse use among themselves."""
SHORTEST_TOKEN = 16
"""Characters; shorter ones can be guessed."""


@dataclass(frozen=True)
class Caller:
    """Who sent a request.

    Attributes:
        clients: whose KPIs it may read; None for all.
        session: the session cookie of a browser.
    """

    name: str
    is_admin: bool
    clients: frozenset[str] | None = None
    session: str | None = None

    def may_read(self, client_id: str) -> bool:
        """Whether it may read the KPIs of this client."""
        return self.clients is None or client_id in self.clients


class Access:
    """Checks tokens and sessions. Of the tokens in the settings only the digests are kept.

    Raises:
        UsageError: a token is too short, or KPI tokens are set without an admin token.
    """

    def __init__(self, settings: Settings) -> None:
        admin = settings.admin_token.get_secret_value() if settings.admin_token else None
        secret = _secret(settings)
        # Stands in each cookie, so that a changed admin token ends all sessions. Nobody can guess
        # the token from it.
        self._admin = hmac.new(secret.encode(), (admin or "").encode(), sha256).hexdigest()
        self._tokens: dict[bytes, Caller] = {}
        if admin is not None:
            self._add("META_ADS_ADMIN_TOKEN", admin, Caller("admin", True))
        if settings.kpi_tokens is not None:
            if admin is None:
                raise UsageError(
                    "META_ADS_KPI_TOKENS needs META_ADS_ADMIN_TOKEN: without that one everybody on "
                    "this machine may read everything."
                )
            for number, (token, clients) in enumerate(_parsed(settings.kpi_tokens), 1):
                self._add("META_ADS_KPI_TOKENS", token, Caller(f"kpi-{number}", False, clients))
        self._signer = URLSafeTimedSerializer(secret, salt="meta-ads-session")
        self._ended = EndedSessions(settings.home / "ended_sessions")

    @property
    def is_open(self) -> bool:
        """Whether no token is set, so that whoever reaches the server may read everything."""
        return not self._tokens

    def caller(self, headers: Mapping[str, str]) -> Caller | None:
        """Who sent a request with these headers (names in lower case); None if unknown."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and not self.is_open:
            return self._of_internal_token(token.strip()) or self.of_token(token.strip())
        session = self._session(headers.get("cookie", ""))
        if session is not None:
            return Caller("local" if self.is_open else "admin", True, session=session)
        return Caller("local", True) if self.is_open else None

    def of_token(self, token: str) -> Caller | None:
        """Whose token it is; always compared with all tokens, so that the time says nothing."""
        digest = _digest(token)
        owner = None
        for known, caller in self._tokens.items():
            if hmac.compare_digest(known, digest):
                owner = caller
        return owner

    def new_session(self) -> str:
        """Open a session of the admin; returns the value of its cookie."""
        return self._signer.dumps({"nonce": secrets.token_urlsafe(16), "for": self._admin})

    def is_valid_session(self, session: str) -> bool:
        """Whether the session was opened here, has not expired and was not ended."""
        return self._session_id(session) is not None

    def end_session(self, session: str) -> None:
        """End a session on every server of this warehouse, also for copies of its cookie."""
        if session_id := self._session_id(session):
            self._ended.end(session_id, time.time() + SESSION_SECONDS)

    def internal_token(self) -> str:
        """A bearer token for the other server of this warehouse; it is valid for a minute."""
        return self._signer.dumps(self._admin, salt=INTERNAL_SALT)

    def csrf_token(self, session: str) -> str:
        """What a form of this session contains, so that no other site can send it."""
        return self._signer.dumps(_digest(session).hex(), salt="meta-ads-form")

    def is_csrf_token(self, session: str, token: str) -> bool:
        """Whether a form with this token was made for this session."""
        try:
            digest = self._signer.loads(token, salt="meta-ads-form", max_age=SESSION_SECONDS)
        except BadSignature:
            return False
        return hmac.compare_digest(str(digest), _digest(session).hex())

    def _session(self, cookies: str) -> str | None:
        """The session cookie; None unless its session is valid."""
        try:
            cookie = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return None
        return cookie.value if cookie is not None and self.is_valid_session(cookie.value) else None

    def _session_id(self, session: str) -> str | None:
        """The id of a valid session; None for any other. A changed admin token ends all sessions.

        The cookie itself is no id: the end of its signature can be written in several ways.
        """
        content: Any
        try:
            content, opened_at = self._signer.loads(
                session, max_age=SESSION_SECONDS, return_timestamp=True
            )
        except BadSignature:
            return None
        if not isinstance(content, dict) or not isinstance(content.get("nonce"), str):
            return None
        if not hmac.compare_digest(str(content.get("for", "")), self._admin):
            return None
        session_id: str = content["nonce"]
        return None if self._ended.has(session_id, opened_at.timestamp()) else session_id

    def _of_internal_token(self, token: str) -> Caller | None:
        try:
            content = self._signer.loads(token, salt=INTERNAL_SALT, max_age=INTERNAL_SECONDS)
        except BadSignature:
            return None
        is_ours = hmac.compare_digest(str(content), self._admin)
        return Caller("internal", True) if is_ours else None

    def _add(self, variable: str, token: str, caller: Caller) -> None:
        if len(token) < SHORTEST_TOKEN:
            raise UsageError(
                f"A token in {variable} has fewer than {SHORTEST_TOKEN} characters: "
                "make one with `openssl rand -hex 32`."
            )
        digest = _digest(token)
        if digest in self._tokens:
            raise UsageError(f"A token in {variable} stands there twice.")
        self._tokens[digest] = caller


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _parsed(tokens: Any) -> list[tuple[str, frozenset[str] | None]]:
    """Tokens and their clients, of a text like `token1=acme,borealis;token2=*`."""
    parsed = []
    for entry in filter(None, (part.strip() for part in tokens.get_secret_value().split(";"))):
        token, _, clients = entry.rpartition("=")
        names = frozenset(filter(None, (name.strip() for name in clients.split(","))))
        if not token or not names:
            raise UsageError(
                "META_ADS_KPI_TOKENS is not of the form token1=acme,borealis;token2=*: each token "
                "needs its clients."
            )
        parsed.append((token.strip(), None if "*" in names else names))
    return parsed


def _secret(settings: Settings) -> str:
    """What signs the cookies: from the settings, or made once in a file of this user only."""
    if settings.cookie_secret is not None:
        secret = settings.cookie_secret.get_secret_value()
        if len(secret) < SHORTEST_TOKEN:
            raise UsageError(
                f"META_ADS_COOKIE_SECRET has fewer than {SHORTEST_TOKEN} characters: "
                "make one with `openssl rand -hex 32`."
            )
        return secret
    path = settings.home / "cookie_secret"
    settings.home.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"cookie_secret.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32))
        # If two servers start at once, the first link wins.
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text("utf-8")
