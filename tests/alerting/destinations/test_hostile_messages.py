"""A thousand hostile names in Slack, mail and webhook: texts there, which change nothing else."""

import json
import re
from email import message_from_bytes
from email.policy import SMTP, default
from html.parser import HTMLParser
from itertools import cycle
from typing import Any

from hostile_names import names, obeyed, storable
from messages import CONTENT, DASHBOARD, NOW, message

from orchestration.alerting.destinations.email import Email
from orchestration.alerting.destinations.slack_blocks import blocks, fallback
from orchestration.alerting.destinations.smtp import SmtpServer
from orchestration.alerting.destinations.webhook import document
from orchestration.alerting.messages.message import Content, Item, Link, Message

PLAIN = "Acme"
SERVER = SmtpServer(
    host="mail.example", port=25, user="", password="", tls="none", authorities=None
)
MAIL = Email(SERVER, "a@agency.example", ["b@agency.example"], now=lambda: NOW)
SLACK_TOKEN = re.compile(r"<([^>|]*)(\||>)|(&(?!(amp|lt|gt);))")


def about(*some: str) -> Message:
    """A message in which every text is one of the names, in turn."""
    name = cycle(some)
    items = (Item(next(name), next(name), f"{DASHBOARD}/acme"), Item(next(name), next(name)))
    links = (Link(next(name), "https://ads.example/runbook"),)
    texts = {field: next(name) for field in ("title", "since", "does", "do", "note")}
    return message(items=items, links=links, **texts)


class Elements(HTMLParser):
    """The elements of a page, with the names of their attributes and the links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [(key, value) for key, value in attrs if key == "href"]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)


def slack_structure(content: Content) -> Any:
    """Blocks, lines and whatever Slack reads between `<` and `>`, of a message."""
    found = []
    for block in blocks(content):
        parts = block.to_dict()
        texts = [parts["text"]] if "text" in parts else parts["elements"]
        for text in texts:
            body = text["text"]
            assert not obeyed(body) - {"\n"}
            marks = SLACK_TOKEN.findall(body) if text["type"] == "mrkdwn" else []
            lines = len(body.split("\n"))
            found.append((parts["type"], text["type"], text.get("verbatim"), lines, marks))
    return found


def test_a_message_in_slack_has_the_blocks_and_links_that_it_has_with_a_plain_name() -> None:
    plain = slack_structure(about(PLAIN).content)
    for name in names():
        content = about(name).content
        assert slack_structure(content) == plain
        assert not SLACK_TOKEN.search(fallback(content))
        assert not obeyed(fallback(content))


def mail_structure(sent: Message) -> Any:
    """The headers of a mail, its parts, the lines of the text and the elements of the page."""
    raw = MAIL.mail(sent).as_bytes(policy=SMTP)
    mail = message_from_bytes(raw, policy=default)
    assert not mail.defects
    text, page = mail.iter_parts()
    assert not obeyed(mail["Subject"])
    assert not obeyed(text.get_content()) - {"\r", "\n"}
    return (
        mail.keys(),
        [(part.get_content_type(), part.keys()) for part in (text, page)],
        len(re.split(r"\r\n|\r|\n", text.get_content())),
        Elements(page.get_content()).found,
    )


def test_a_mail_has_the_headers_and_parts_that_it_has_with_a_plain_name() -> None:
    plain = mail_structure(about(PLAIN))
    # Five names for each mail: as an item, as a text or in the subject.
    for some in batched(names()):
        assert mail_structure(about(*some)) == plain


def batched(found: list[str], size: int = 5) -> list[list[str]]:
    """The names, some at a time."""
    return [found[at : at + size] for at in range(0, len(found), size)]


def test_a_webhook_gets_json_that_says_the_name() -> None:
    for name in storable():
        got = json.loads(document(about(name)))
        assert got["data"]["title"] == name
        assert got["data"].keys() == CONTENT.document().keys()
        assert [item["label"] for item in got["data"]["items"]] == [name, name]
