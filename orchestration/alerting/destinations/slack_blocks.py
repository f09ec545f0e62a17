"""Writes a message as blocks of Slack, with no text longer than Slack's reference allows."""

import re
from collections.abc import Iterator

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from orchestration.alerting.messages.message import Content, Item, Link
from orchestration.alerting.messages.rendering import (
    alert_ids,
    clip,
    headline,
    one_line,
    parts,
    web_link,
)

HEADER_CHARACTERS = 150
SECTION_CHARACTERS = 3000
ITEMS_CHARACTERS = 8000
"""For all items together: Slack refuses blocks of more than about 13,000 characters."""
LABEL_CHARACTERS = 150
TEXT_CHARACTERS = 500
URL_CHARACTERS = 500
PART_CHARACTERS = 800
MOST_LINKS = 5
SYMBOLS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵"}
KIND_SYMBOLS = {"resolved": "✅", "digest": "🗒️", "heartbeat": "💓", "test": "🧪"}


def fallback(content: Content) -> str:
    """The text for notifications and for programs that do not show blocks."""
    return _escaped(headline(content, SECTION_CHARACTERS), SECTION_CHARACTERS)


def blocks(content: Content) -> list[Block]:
    """The title, the items, since when, what is done, what to do, links, and the alerts' ids."""
    symbol = KIND_SYMBOLS.get(content.kind) or SYMBOLS[content.severity]
    title = clip(f"{symbol} {headline(content, HEADER_CHARACTERS)}", HEADER_CHARACTERS)
    texts = [*_items(content), *_parts(content)]
    footer = " · ".join(filter(None, (alert_ids(content), one_line(content.rule))))
    return [
        HeaderBlock(text=PlainTextObject(text=title, emoji=True)),
        *(SectionBlock(text=_markdown(text)) for text in texts),
        *(
            [ContextBlock(elements=[_markdown(_escaped(footer, PART_CHARACTERS))])]
            if footer
            else []
        ),
    ]


def _markdown(text: str) -> MarkdownTextObject:
    # Verbatim: Slack makes no links of what looks like a channel, a person or a URL in a name.
    return MarkdownTextObject(text=text, verbatim=True)


def _items(content: Content) -> Iterator[str]:
    """The items in as few texts as possible; items that do not fit are counted."""
    lines, length = [], 0
    for item in content.items:
        line = _item(item)
        length += len(line) + 1
        if length > ITEMS_CHARACTERS:
            break
        lines.append(line)
    if more := content.more + len(content.items) - len(lines):
        lines.append(f"and {more:,} more")
    text = ""
    for line in lines:
        if text and len(text) + 1 + len(line) > SECTION_CHARACTERS:
            yield text
            text = ""
        text += f"\n{line}" if text else line
    if text:
        yield text


def _item(item: Item) -> str:
    label = _link(Link(item.label, item.url))
    text = _escaped(one_line(item.text), TEXT_CHARACTERS)
    return f"• {label}: {text}" if text else f"• {label}"


def _parts(content: Content) -> Iterator[str]:
    for name, text in parts(content).items():
        if text:
            yield f"*{name}:* {_escaped(text, PART_CHARACTERS)}"
    if content.links:
        yield " · ".join(_link(link) for link in content.links[:MOST_LINKS])
    if content.note:
        yield f"_{_escaped(one_line(content.note), PART_CHARACTERS)}_"


def _link(link: Link) -> str:
    label = _escaped(one_line(link.label), LABEL_CHARACTERS)
    url = _escaped(web_link(link.url).replace("|", "%7C"), 10 * URL_CHARACTERS)
    return f"<{url}|{label}>" if url and label and len(url) <= URL_CHARACTERS else label


def _escaped(text: str, most: int) -> str:
    """The text escaped for Slack and cut to `most` characters, but not inside an `&amp;`."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(escaped) <= most:
        return escaped
    return re.sub(r"&[a-z]*$", "", escaped[: most - 1]) + "…"
