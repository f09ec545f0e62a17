"""What Slack and e-mail messages have in common: headlines, labels, and texts made safe to show.

Some texts come from outside: names from Meta and the clients file, errors from other programs.
"""

import re
from collections.abc import Sequence

from orchestration.alerting.messages.message import Content
from orchestration.foreign_text import shown

MOST_ALERT_IDS = 20
"""How many alert ids a message shows; a digest may have thousands."""


def tag(content: Content) -> str:
    """The short word in front of the title: `HIGH`, `HIGH resolved`, `digest`."""
    if content.kind in ("digest", "heartbeat", "test"):
        return content.kind
    severity = content.severity.upper()
    return severity if content.kind == "opened" else f"{severity} {content.kind}"


def headline(content: Content, most: int) -> str:
    """`[HIGH] title` on one line of at most `most` characters."""
    return clip(f"[{tag(content)}] {one_line(content.title)}", most)


def parts(content: Content) -> dict[str, str]:
    """The labelled texts below the items, in their order; some may be empty."""
    since = "Lasted" if content.kind == "resolved" else "Since"
    return {
        since: one_line(content.since),
        "What the system does": one_line(content.does),
        "To do": one_line(content.do),
    }


def one_line(text: str) -> str:
    """A text without line breaks of any kind, and with characters that would deceive escaped."""
    return shown(" ".join(text.split()))


def clip(text: str, most: int) -> str:
    """A text of at most `most` characters; an ellipsis shows that something was cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def web_link(url: str) -> str:
    """The URL if a browser opens it as a page, else an empty text."""
    return url if re.fullmatch(r"https?://[!-~]+", url) else ""


def alert_ids(content: Content) -> str:
    """`alert 7`, `alerts 7, 8 and 3 more`; empty without any."""
    ids: Sequence[int] = content.alerts
    if not ids:
        return ""
    listed = ", ".join(map(str, ids[:MOST_ALERT_IDS]))
    more = f" and {len(ids) - MOST_ALERT_IDS} more" if len(ids) > MOST_ALERT_IDS else ""
    return f"alert{'' if len(ids) == 1 else 's'} {listed}{more}"
