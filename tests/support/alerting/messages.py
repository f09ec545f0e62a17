"""Messages for the tests of destinations: a plain one, and the worst that a name can do."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orchestration.alerting.messages.message import Content, Item, Link, Message

NOW = datetime(2026, 11, 15, 12, 0, tzinfo=UTC)
KEY = "6f1f5e0e-6f0c-4f0e-9d5a-1b6a0c3c7f10"
DASHBOARD = "https://ads.example/admin/clients"
HOSTILE = (
    '<script>alert("1")</script> & <!channel> `rm`\r\nBcc: x@evil.example\u2028\x85\x1b[31m '
    "</a></table> 👩‍👩‍👧 日本語"
)
CONTENT = Content(
    kind="opened",
    severity="high",
    rule="split_data",
    title="2 clients: campaigns came without their conversions",
    items=(
        Item("Acme Outdoor", "2026-11-13 to 2026-11-14", f"{DASHBOARD}/acme"),
        Item("Borealis & Sons", "2026-11-14"),
    ),
    more=3,
    since="2026-11-15 06:40 UTC",
    does="It keeps the last good rows.",
    do="Look at them: meta-ads quarantine list",
    links=(Link("Runbook", "https://ads.example/runbook#split_data"),),
    note="Slack refused this message, so it comes this way.",
    alerts=(7, 8),
)


def message(**changes: Any) -> Message:
    """A message about `CONTENT`, with changes to it."""
    return Message(KEY, "any", replace(CONTENT, **changes), NOW)


def overlong() -> Message:
    """Every text is hostile and of thousands of characters, and there are 200 items."""
    text = (HOSTILE * 100)[:5000]
    return message(
        title=text,
        items=tuple(Item(text, text, f"{DASHBOARD}/{'c' * 5000}") for _ in range(200)),
        more=1000,
        since=text,
        does=text,
        do=text,
        links=tuple(Link(text, f"{DASHBOARD}/{n}?a=1&b=<2>") for n in range(50)),
        note=text,
        alerts=tuple(range(1000)),
        rule=text,
    )
