"""Renders `docs/runbook.md` as HTML, with an anchor for each heading."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from orchestration.shipped_files import DOCS

RUNBOOK = DOCS / "runbook.md"


@dataclass(frozen=True)
class Runbook:
    """The text as HTML, anchor and title of each chapter, and the anchors of all headings."""

    html: Markup
    chapters: list[tuple[str, str]]
    anchors: frozenset[str]


def runbook(path: Path = RUNBOOK) -> Runbook | None:
    """The runbook as the file is now; None if it is not installed."""
    try:
        changed_at = path.stat().st_mtime_ns
        return _read(path, changed_at)
    except OSError:
        return None


def anchors() -> frozenset[str]:
    """The sections that a page can link to."""
    current = runbook()
    return current.anchors if current else frozenset()


def anchor_of(title: str) -> str:
    """The anchor of a heading, as on GitHub: `A collection failed` is a-collection-failed."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


@lru_cache(maxsize=1)
def _read(path: Path, _changed_at: int) -> Runbook:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = _without_title(parser.parse(path.read_text("utf-8")))
    chapters: list[tuple[str, str]] = []
    known: set[str] = set()
    for heading, text in pairwise(tokens):
        if heading.type != "heading_open":
            continue
        title = "".join(part.content for part in text.children or [])
        anchor = anchor_of(title)
        if anchor in known:
            anchor = f"{anchor}-{len(known)}"
        known.add(anchor)
        heading.attrSet("id", anchor)
        if heading.tag == "h2":
            chapters.append((anchor, title))
    # The parser escapes HTML in the file.
    html = Markup(parser.renderer.render(tokens, parser.options, {}))
    return Runbook(html, chapters, frozenset(known))


def _without_title(tokens: list[Token]) -> list[Token]:
    """The tokens without the first heading, because the page has its own title."""
    is_titled = bool(tokens) and tokens[0].type == "heading_open" and tokens[0].tag == "h1"
    return tokens[3:] if is_titled else tokens
