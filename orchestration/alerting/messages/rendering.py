"""What every rendering of a message does with its texts, some of which strangers wrote."""

import re
from collections.abc import Sequence

from orchestration.alerting.messages.message import Content
from orchestration.foreign_text import shown

ALERT_IDS = 20
"""Ids that are told; a digest may have thousands."""


def tag(content: Content) -> str:
    """The short word in front of the title: `HIGH`, `HIGH resolved`, `digest`."""
    if content.kind in ("digest", "heartbeat", "test"):
        return content.kind
    severity = content.severity.upper()
    return severity if content.kind == "opened" else f"{severity} {content.kind}"


def headline(content: Content, most: int) -> str:
    """`[HIGH] title` as one line of so many characters."""
    return clip(f"[{tag(content)}] {one_line(content.title)}", most)


def span_name(content: Content) -> str:
    """What `since` is called: of something over it holds both ends."""
    return "Lasted" if content.kind == "resolved" else "Since"


def one_line(text: str) -> str:
    """A text without line breaks, whichever of Unicode's; what would deceive a reader is shown."""
    return shown(" ".join(text.split()))


def clip(text: str, most: int) -> str:
    """A text of so many characters; what is left out shows."""
    return text if len(text) <= most else text[: most - 1] + "…"


def web_link(url: str) -> str:
    """The URL if it is one that a browser opens as a page, else nothing."""
    return url if re.fullmatch(r"https?://[!-~]+", url) else ""


def alert_ids(content: Content) -> str:
    """`alert 7`, `alerts 7, 8 and 3 more`; empty without any."""
    ids: Sequence[int] = content.alerts
    if not ids:
        return ""
    told = ", ".join(map(str, ids[:ALERT_IDS]))
    more = f" and {len(ids) - ALERT_IDS} more" if len(ids) > ALERT_IDS else ""
    return f"alert{'' if len(ids) == 1 else 's'} {told}{more}"
