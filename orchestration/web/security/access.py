"""Who may ask for what: bearer tokens, session cookies, and the proof that a form is ours."""

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
NEIGHBOUR, NEIGHBOUR_SECONDS = "meta-ads-neighbour", 60
SHORTEST_TOKEN = 16
"""Characters; shorter ones can be guessed."""


@dataclass(frozen=True)
class Caller:
    """Who asks. `clients`: whose KPIs it may read, None for all. `session` is set for a browser."""

    name: str
    is_admin: bool
    clients: frozenset[str] | None = None
    session: str | None = None

    def may_read(self, client_id: str) -> bool:
        """Whether the KPIs of this client are its business."""
        return self.clients is None or client_id in self.clients


class Access:
    """The tokens of the settings. Only their digests are kept, and they are compared in full.

    Raises:
        UsageError: a token is too short, or KPI tokens are set without an admin token.
    """

    def __init__(self, settings: Settings) -> None:
        admin = settings.admin_token.get_secret_value() if settings.admin_token else None
        secret = _secret(settings)
        # What a cookie says of the token it was made for: nothing to guess the token from.
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
        """Whether no token is set, so that whoever reaches the server may ask."""
        return not self._tokens

    def caller(self, headers: Mapping[str, str]) -> Caller | None:
        """Who sent a request with these headers (names in lower case); None: nobody we know."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and not self.is_open:
            return self._of_neighbour(token.strip()) or self.of_token(token.strip())
        session = self._session(headers.get("cookie", ""))
        if session is not None:
            return Caller("local" if self.is_open else "admin", True, session=session)
        return Caller("local", True) if self.is_open else None

    def of_token(self, token: str) -> Caller | None:
        """Whose token it is; all of them are compared, whatever the first ones said."""
        digest = _digest(token)
        found = None
        for known, caller in self._tokens.items():
            if hmac.compare_digest(known, digest):
                found = caller
        return found

    def new_session(self) -> str:
        """The value of a cookie that opens a session of the admin."""
        return self._signer.dumps({"nonce": secrets.token_urlsafe(16), "for": self._admin})

    def is_living(self, session: str) -> bool:
        """Whether a session that was opened is neither over nor ended."""
        return self._name(session) is not None

    def end_session(self, session: str) -> None:
        """End it for every server of this warehouse; whoever kept its cookie has nothing."""
        if name := self._name(session):
            self._ended.end(name, time.time() + SESSION_SECONDS)

    def for_neighbour(self) -> str:
        """A bearer token for the other server of this warehouse, for a minute."""
        return self._signer.dumps(self._admin, salt=NEIGHBOUR)

    def proof(self, session: str) -> str:
        """What a form of this session carries, so that no other site can send it."""
        return self._signer.dumps(_digest(session).hex(), salt="meta-ads-form")

    def is_proof(self, session: str, proof: str) -> bool:
        """Whether a form was made for this session."""
        try:
            told = self._signer.loads(proof, salt="meta-ads-form", max_age=SESSION_SECONDS)
        except BadSignature:
            return False
        return hmac.compare_digest(str(told), _digest(session).hex())

    def _session(self, cookies: str) -> str | None:
        """The cookie of a living session, if there is one."""
        try:
            cookie = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return None
        return cookie.value if cookie is not None and self.is_living(cookie.value) else None

    def _name(self, session: str) -> str | None:
        """What a living session is known by; a changed admin token ends all.

        The cookie itself is no name: the end of its signature can be written in several ways.
        """
        told: Any
        try:
            told, opened_at = self._signer.loads(
                session, max_age=SESSION_SECONDS, return_timestamp=True
            )
        except BadSignature:
            return None
        if not isinstance(told, dict) or not isinstance(told.get("nonce"), str):
            return None
        if not hmac.compare_digest(str(told.get("for", "")), self._admin):
            return None
        name: str = told["nonce"]
        return None if self._ended.has(name, opened_at.timestamp()) else name

    def _of_neighbour(self, token: str) -> Caller | None:
        try:
            told = self._signer.loads(token, salt=NEIGHBOUR, max_age=NEIGHBOUR_SECONDS)
        except BadSignature:
            return None
        return Caller("neighbour", True) if hmac.compare_digest(str(told), self._admin) else None

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
    """`token1=acme,borealis;token2=*` as tokens and their clients."""
    found = []
    for entry in filter(None, (part.strip() for part in tokens.get_secret_value().split(";"))):
        token, _, clients = entry.rpartition("=")
        names = frozenset(filter(None, (name.strip() for name in clients.split(","))))
        if not token or not names:
            raise UsageError(
                "META_ADS_KPI_TOKENS is not of the form token1=acme,borealis;token2=*: each token "
                "needs its clients."
            )
        found.append((token.strip(), None if "*" in names else names))
    return found


def _secret(settings: Settings) -> str:
    """What signs the cookies: of the settings, or made once and kept for this user alone."""
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
        # Whichever of two servers that start at once links first wins.
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text("utf-8")
