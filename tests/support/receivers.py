"""Receivers of alerts as real servers on loopback: HTTP for Slack and webhooks, SMTP for mail.

They record what arrives and answer as they are told, so that a test sees both sides.
"""

import asyncio
import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from certificates import Certificate

HOST = "127.0.0.1"
WAIT_SECONDS = 30.0
"""How long something is waited for that must come; no test that passes waits so long."""


def closed_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What a receiver answers: an HTTP status, silence, or a connection that ends."""

    status: int | Literal["hang", "close"] = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"


@dataclass(frozen=True)
class Received:
    """A request as it came; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class HttpReceiver:
    """Answers with what stands in `answers`, one each, and with `default` after that."""

    def __init__(self, default: Answer | None = None) -> None:
        self.default = default or Answer()
        self.answers: deque[Answer] = deque()
        self.requests: list[Received] = []
        self._arrived = threading.Condition()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._server = _HttpServer((HOST, 0), _handler(self))
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, *answers: Answer | int) -> None:
        """What the next requests get; a number is a status without a body."""
        for one in answers:
            self.answers.append(Answer(one, body=b"") if isinstance(one, int) else one)

    def wait_for(self, count: int, seconds: float = WAIT_SECONDS) -> list[Received]:
        """The requests, once so many have come."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= count, seconds)
            return list(self.requests)

    def take(self, request: Received) -> Answer:
        """Keep a request and choose its answer."""
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
            return self.answers.popleft() if self.answers else self.default

    def hang(self) -> None:
        """Say nothing until the receiver ends."""
        self._over.wait()


class _HttpServer(ThreadingHTTPServer):
    # Every answer is finished before the test ends, also the one that hung.
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone away is what some tests are about."""


def _handler(receiver: HttpReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = WAIT_SECONDS

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.take(Received(self.command, self.path, headers, body))
            if answer.status == "hang":
                receiver.hang()
            elif answer.status != "close":
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = _take

        def log_message(self, *_: Any) -> None:
            """Nothing is logged: the paths are secrets."""

    return Handler


@dataclass(frozen=True)
class Mail:
    """A mail as it was handed in."""

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
    """Takes mail, unless it is told to refuse.

    `refuse` maps a command (`MAIL`, `RCPT`, `DATA`, `QUIT`, `AUTH`) or a recipient's address to its
    answer: a line such as `550 no such user`, or `hang`, or `close`. `users` are names with
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
        self.said = "250 OK queued as 1234"
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
        """The setting that leads here."""
        scheme = "smtps" if self._tls == "implicit" else "smtp"
        login = f"{user}:{password}@" if user else ""
        return f"{scheme}://{login}{HOST}:{self.port}{query}"

    def wait_for(self, count: int, seconds: float = WAIT_SECONDS) -> list[Mail]:
        """The mails, once so many have come."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= count, seconds)
            return list(self.mails)

    async def refusal(self, smtp: SMTP, command: str, address: str = "") -> str | None:
        """What is answered instead of a yes."""
        said = self.refuse.get(address) or self.refuse.get(command)
        if said == "hang":
            await asyncio.Event().wait()
        if said == "close":
            assert isinstance(smtp.transport, asyncio.Transport)
            smtp.transport.abort()
            raise ConnectionResetError
        return said

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
        return self.said

    async def handle_QUIT(self, smtp: SMTP, *_: Any) -> str:
        return await self.refusal(smtp, "QUIT") or "221 Bye"

    def authenticate(self, _: Any, __: Any, ___: Any, ____: str, data: Any) -> AuthResult:
        """Whether a name and a password are right."""
        user, password = data.login.decode(), data.password.decode()
        refused = self.refuse.get("AUTH")
        is_right = refused is None and self.users.get(user) == password
        return AuthResult(success=is_right, handled=False, message=refused, auth_data=user)


class _Controller(Controller):
    """Binds its port by itself, so that nobody takes it in between."""

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
        """One for each connection."""
        smtp = super().factory()
        self._connections.append(smtp)
        return smtp

    def stop(self, no_assert: bool = False) -> None:
        """Hang up on everyone, also on whom an answer was kept from, then stop."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(WAIT_SECONDS)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        # Whoever has called is let in first: there is no connection yet that could be ended.
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
    """A server that says these lines to the first caller, one at once and one after each line that
    it hears, and then hangs up; its port."""
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
