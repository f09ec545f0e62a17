"""Mail servers on loopback, which record each mail and answer as the test tells them."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from certificates import Certificate
from receivers import HOST, WAIT_SECONDS


@dataclass(frozen=True)
class Mail:
    """A mail as the server got it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    is_encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)

    def part(self, subtype: str) -> str:
        """The text of `plain` or `html`."""
        body = self.message.get_body((subtype,))
        assert body is not None
        return str(body.get_content())


class MailServer:
    """A server that accepts mail, except for what `refuse` says.

    `refuse` maps a command (`MAIL`, `RCPT`, `DATA`, `QUIT`, `AUTH`) or a recipient's address to the
    reply: a line such as `550 no such user`, or `hang`, or `close`. `users` are names with
    passwords.
    """

    def __init__(
        self,
        tls: Literal["none", "starttls", "implicit"] = "none",
        certificate: Certificate | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.refuse: dict[str, str] = {}
        self.mails: list[Mail] = []
        self.reply = "250 OK queued as 1234"
        self.users = dict(users or {})
        self._tls = tls
        self._certificate = certificate
        self._arrived = threading.Condition()

    def __enter__(self) -> Self:
        self._controller = _Controller(self, self._tls, self._certificate)
        self._controller.start()
        self.port = self._controller.port
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def url(self, user: str = "", password: str = "", query: str = "") -> str:
        """The URL of this server, as a setting has it."""
        scheme = "smtps" if self._tls == "implicit" else "smtp"
        login = f"{user}:{password}@" if user else ""
        return f"{scheme}://{login}{HOST}:{self.port}{query}"

    def wait_for(self, count: int, seconds: float = WAIT_SECONDS) -> list[Mail]:
        """Wait until so many mails have come, and return them."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= count, seconds)
            return list(self.mails)

    async def refusal(self, smtp: SMTP, command: str, address: str = "") -> str | None:
        """The reply that refuses a command; None if it is accepted."""
        reply = self.refuse.get(address) or self.refuse.get(command)
        if reply == "hang":
            await asyncio.Event().wait()
        if reply == "close":
            assert isinstance(smtp.transport, asyncio.Transport)
            smtp.transport.abort()
            raise ConnectionResetError
        return reply

    async def handle_MAIL(self, smtp: SMTP, _: Any, envelope: Any, address: str, __: Any) -> str:
        if refused := await self.refusal(smtp, "MAIL"):
            return refused
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, smtp: SMTP, _: Any, envelope: Any, address: str, __: Any) -> str:
        if refused := await self.refusal(smtp, "RCPT", address):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Any, envelope: Any) -> str:
        if refused := await self.refusal(smtp, "DATA"):
            return refused
        mail = Mail(
            envelope.mail_from,
            tuple(envelope.rcpt_tos),
            envelope.content,
            session.ssl is not None or self._tls == "implicit",
            session.auth_data,
        )
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()
        return self.reply

    async def handle_QUIT(self, smtp: SMTP, *_: Any) -> str:
        return await self.refusal(smtp, "QUIT") or "221 Bye"

    def authenticate(self, _: Any, __: Any, ___: Any, ____: str, data: Any) -> AuthResult:
        """Check a name and a password."""
        user, password = data.login.decode(), data.password.decode()
        refused = self.refuse.get("AUTH")
        is_right = refused is None and self.users.get(user) == password
        return AuthResult(success=is_right, handled=False, message=refused, auth_data=user)


class _Controller(Controller):
    """A controller that binds its port itself, so that nobody else can take it first."""

    def __init__(self, mail_server: MailServer, tls: str, certificate: Certificate | None) -> None:
        self._bound = socket.create_server((HOST, 0))
        self._connections: list[SMTP] = []
        context = certificate.server_context() if certificate else None
        more: dict[str, Any] = {}
        if mail_server.users:
            more |= {
                "authenticator": mail_server.authenticate,
                "auth_require_tls": tls == "starttls",
            }
        super().__init__(
            mail_server,
            hostname=HOST,
            port=self._bound.getsockname()[1],
            server_hostname="mail.example",
            ssl_context=context if tls == "implicit" else None,
            tls_context=context if tls == "starttls" else None,
            require_starttls=tls == "starttls",
            **more,
        )

    def factory(self) -> SMTP:
        """The handler of a new connection, which is remembered."""
        smtp: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._connections.append(smtp)
        return smtp

    def stop(self, no_assert: bool = False) -> None:
        """End every connection, also those that hang, then stop."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(WAIT_SECONDS)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        # Clients that have called are let in first: until then no connection exists to be ended.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        while any("accept" in str(task.get_coro()) for task in asyncio.all_tasks()):
            await asyncio.sleep(0)
        for smtp in self._connections:
            if isinstance(smtp.transport, asyncio.Transport):
                smtp.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _create_server(self) -> Any:
        return self.loop.create_server(
            self._factory_invoker, sock=self._bound, ssl=self.ssl_context
        )


@contextmanager
def talking(*lines: str) -> Iterator[int]:
    """The port of a server that sends these lines to its first client, then ends the connection.

    It sends the first line at once, and one after each line that it gets.
    """
    with socket.create_server((HOST, 0)) as listening:

        def talk() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb") as stream:
                for line in lines:
                    stream.write(f"{line}\r\n".encode())
                    stream.flush()
                    stream.readline()

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join(WAIT_SECONDS)
