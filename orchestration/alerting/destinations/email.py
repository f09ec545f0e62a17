"""E-mail: sends a message as text and HTML through a mail server."""

import smtplib
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration.alerting.destinations.responses import Clock, Outcome, receipt, silence, utc_now
from orchestration.alerting.destinations.secrets import redact
from orchestration.alerting.destinations.smtp import (
    STEP_SECONDS,
    TOTAL_SECONDS,
    SmtpServer,
    submit,
)
from orchestration.alerting.messages.message import (
    Content,
    Item,
    Link,
    Message,
    RefusedError,
    UnavailableError,
)
from orchestration.alerting.messages.rendering import (
    alert_ids,
    clip,
    headline,
    one_line,
    parts,
    tag,
    web_link,
)

SUBJECT_CHARACTERS = 150
TITLE_CHARACTERS = 300
LABEL_CHARACTERS = 150
TEXT_CHARACTERS = 1000
MOST_ITEMS = 100
REPLY_CHARACTERS = 200
DOMAIN = "meta-ads-warehouse"
NO_STARTTLS = (
    "the server does not offer STARTTLS: smtps:// is for servers with TLS from the first byte, "
    "?tls=none behind the host for one without TLS"
)
NO_TLS = (
    "the server does not begin with TLS: smtp:// is for STARTTLS, and with ?tls=none behind the "
    "host for one without TLS"
)
COLOURS = {"critical": "#b3261e", "high": "#b45309", "medium": "#7a6200", "low": "#1d5fa8"}
KIND_COLOURS = {"resolved": "#2e7d32"}


class Email:
    """Recipients of e-mail, and the mail server that takes it."""

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        recipients: Sequence[str],
        *,
        name: str = "email",
        step_seconds: float = STEP_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        now: Clock = utc_now,
    ) -> None:
        """Addresses may have a name: `Alerts <alerts@agency.example>`.

        Raises:
            ValueError: one of them is no address.
        """
        self.name, self.host = name, server.host
        self._server = server
        self._sender = mailbox(sender)
        self._recipients = tuple(map(mailbox, recipients or [""]))
        self._seconds = (step_seconds, total_seconds)
        self._now = now

    def send(self, message: Message) -> str:
        """Send the mail; the receipt is the server's answer, and which recipients it refused.

        Raises:
            RefusedError: the mail, all recipients, the password or the certificate is refused.
            UnavailableError: there was no answer, or a 4xx.
        """
        return receipt(self._outcome(message))

    def mail(self, message: Message) -> EmailMessage:
        """The mail; it has the same Message-ID at every attempt."""
        content = message.content
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = self._recipients
        mail["Subject"] = headline(content, SUBJECT_CHARACTERS)
        mail["Date"] = self._now()
        mail["Message-ID"] = f"<{message.key}@{DOMAIN}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(_rendered("message.txt", content), cte="quoted-printable")
        html = _rendered("message.html", content)
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
        return mail

    def _outcome(self, message: Message) -> Outcome:
        try:
            accepted = submit(self._server, self.mail(message), *self._seconds)
        except OSError as error:
            return self._failure(error)
        refused = ", ".join(
            f"{address} ({self._reply(*reply)})" for address, reply in accepted.refused.items()
        )
        reply = self._reply(accepted.code, accepted.text)
        return f"{reply}; refused: {refused}" if refused else reply

    def _failure(self, error: OSError) -> RefusedError | UnavailableError:
        match error:
            case smtplib.SMTPRecipientsRefused():
                # One "try again later" among the refusals is enough to try again.
                return self._refusal(*min(error.recipients.values(), key=lambda reply: reply[0]))
            case smtplib.SMTPResponseException():
                return self._refusal(error.smtp_code, error.smtp_error)
            case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
                return RefusedError(NO_STARTTLS)
            case smtplib.SMTPException() if not isinstance(error, smtplib.SMTPServerDisconnected):
                return RefusedError(self._safe(str(error)))
            case ssl.SSLCertVerificationError():
                return RefusedError(f"the server's certificate: {error.verify_message}")
            case ssl.SSLError() if error.reason == "WRONG_VERSION_NUMBER":
                return RefusedError(NO_TLS)
        return silence(error)

    def _refusal(self, code: int, text: bytes | str) -> RefusedError | UnavailableError:
        error = RefusedError if 500 <= code < 600 else UnavailableError
        return error(self._reply(code, text))

    def _reply(self, code: int, text: bytes | str) -> str:
        words = text if isinstance(text, str) else text.decode("utf-8", "replace")
        return self._safe(f"{code} {words}")

    def _safe(self, text: str) -> str:
        return clip(redact(one_line(text), [self._server.password]), REPLY_CHARACTERS)


def mailbox(text: str) -> Address:
    """An address with or without a name.

    Raises:
        ValueError: it is no address; the text belongs after the name of a setting.
    """
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    try:
        if not local or not domain or one_line(text) != text.strip():
            raise ValueError
        return Address(name, addr_spec=address)
    except (ValueError, IndexError):
        raise ValueError(f"has no usable address: {clip(one_line(text), 60)!r}") from None


def _rendered(template: str, content: Content) -> str:
    items = content.items[:MOST_ITEMS]
    return TEMPLATES.get_template(template).render(
        tag=tag(content),
        title=clip(one_line(content.title), TITLE_CHARACTERS),
        colour=KIND_COLOURS.get(content.kind) or COLOURS[content.severity],
        items=[_short(item) for item in items],
        more=content.more + len(content.items) - len(items),
        parts=parts(content),
        links=[
            Link(clip(one_line(link.label), LABEL_CHARACTERS), link.url)
            for link in content.links
            if web_link(link.url)
        ],
        note=one_line(content.note),
        rule=one_line(content.rule),
        ids=alert_ids(content),
    )


def _short(item: Item) -> Item:
    return Item(
        clip(one_line(item.label), LABEL_CHARACTERS),
        clip(one_line(item.text), TEXT_CHARACTERS),
        web_link(item.url),
    )


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
