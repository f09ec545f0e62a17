"""The mail server: what its URL says, and a connection that ends in time and keeps what was said.

The URL holds a password; no text here does.
"""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from time import monotonic
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
STEP_SECONDS = 20.0
TOTAL_SECONDS = 45.0
"""Of one conversation: shorter than the lease of a message in the outbox."""


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed in, as whom, and how the connection is protected."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Literal["implicit", "starttls", "none"]
    authorities: str | None

    @classmethod
    def of(cls, url: str) -> "SmtpServer":
        """What `smtps://user:password@host:465?ca=file.pem` says.

        Raises:
            ValueError: it cannot be used; the text goes behind the name of a setting and says why
                without any part of the URL.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
            (parts.hostname or "").encode("idna")
        except ValueError:
            raise ValueError("is no URL; is the password percent-encoded?") from None
        if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(
                "must look like smtps://user:password@host:465, the password percent-encoded"
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not f"{user}{password}{parts.hostname}".isascii():
            raise ValueError("has characters that SMTP does not take; write ASCII only")
        tls, authorities = _protection(parts)
        return cls(parts.hostname, port or PORTS[parts.scheme], user, password, tls, authorities)


def _protection(parts: SplitResult) -> tuple[Any, str | None]:
    query = parse_qs(parts.query, keep_blank_values=True)
    tls, authorities = query.pop("tls", [""])[-1], query.pop("ca", [None])[-1]
    if query or parts.fragment:
        raise ValueError("may have ?tls=none and ?ca=FILE behind the host, and nothing else")
    if tls and (tls != "none" or parts.scheme == "smtps"):
        raise ValueError("may have ?tls=none with smtp:// only, and no other value of tls")
    if authorities is not None:
        try:
            ssl.create_default_context(cafile=authorities)
        except OSError:
            raise ValueError("names a file with ?ca that holds no certificates") from None
    return tls or {"smtp": "starttls", "smtps": "implicit"}[parts.scheme], authorities


@dataclass(frozen=True)
class Handed:
    """What the server said when it took a mail, and whom of the recipients it refused."""

    code: int
    text: bytes
    refused: dict[str, tuple[int, bytes]]


def hand_over(
    server: SmtpServer,
    mail: EmailMessage,
    step_seconds: float = STEP_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
) -> Handed:
    """Hand a mail to the server.

    Raises:
        OSError: whatever failed; smtplib's errors are of this kind, too.
    """
    session = _connected(server, step_seconds, total_seconds)
    try:
        if server.tls == "starttls":
            session.starttls(context=_context(server))
        if server.user:
            session.login(server.user, server.password)
        refused = session.send_message(mail)
        # The mail is taken: a bad farewell must not have it sent again.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        return Handed(*session.said, refused)
    finally:
        session.close()


class _Session(smtplib.SMTP):
    """A connection that does not outlast its bounds and keeps the answer to the data."""

    said: tuple[int, bytes] = (0, b"")

    def __init__(
        self, server: SmtpServer, step_seconds: float, total_seconds: float, **more: Any
    ) -> None:
        # First, since the constructor of smtplib connects and reads a reply.
        self._step_seconds = step_seconds
        self._end = monotonic() + total_seconds
        super().__init__(server.host, server.port, timeout=step_seconds, **more)

    def getreply(self) -> tuple[int, bytes]:
        left = self._end - monotonic()
        if left <= 0:
            self.close()
            raise TimeoutError
        if self.sock is not None:
            self.sock.settimeout(min(self._step_seconds, left))
        return super().getreply()

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.said = super().data(msg)
        return self.said


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same with TLS from the first byte on."""


def _connected(server: SmtpServer, step_seconds: float, total_seconds: float) -> _Session:
    if server.tls != "implicit":
        return _Session(server, step_seconds, total_seconds)
    return _TlsSession(server, step_seconds, total_seconds, context=_context(server))


def _context(server: SmtpServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.authorities)
