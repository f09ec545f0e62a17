"""Why days were refused or months left out, as people read it: sentences instead of names."""

import re
from collections.abc import Iterable, Iterator, Sequence

from orchestration.expectations.catalogue import RULES
from orchestration.expectations.catalogue.audits import AUDITS

_SENTENCES = {**{name: rule.description for name, rule in RULES.items()}, **AUDITS}
_BEGINNING = re.compile(rf"(?:^|; )({'|'.join(_SENTENCES)}): ")
"""Where the text of a rule begins in a stored reason."""


def stored_reason(broken: Iterable[tuple[str, str]]) -> str:
    """The reason as the ledger stores it, from rules and their details; the others here read it.

    `not_split: Sentence. (figures); thin_day: Sentence. (figures)`
    """
    return "; ".join(f"{rule}: {detail}" for rule, detail in broken)


def sentences(names: Iterable[str]) -> str:
    """The sentences of rules and audits, without the last full stop; unknown names stay."""
    return _joined(_SENTENCES.get(name, name) for name in names)


def left_out_in_words(reason: str) -> str:
    """Why a build left a month out: the sentences of its audits, or another text as it is."""
    names = reason.split(", ")
    return sentences(names) if _SENTENCES.keys() >= {*names} else reason


def cause_in_words(reason: str) -> str:
    """A stored reason as the sentences of its rules, without figures: the same for many days."""
    parts = [*_parts(reason)]
    return _joined(sentence for sentence, _ in parts) if parts else reason


def reason_in_words(reason: str) -> str:
    """A stored reason as the sentences of its rules, each followed by its figures in brackets."""
    figures: dict[str, list[str]] = {}
    for sentence, of_part in _parts(reason):
        figures.setdefault(sentence, []).extend([of_part] if of_part else [])
    if not figures:
        return reason
    return _joined(
        f"{sentence.removesuffix('.')} ({'; '.join(of_sentence)})" if of_sentence else sentence
        for sentence, of_sentence in figures.items()
    )


def reason_of_range(reasons: Sequence[str]) -> str:
    """The cause that the days of a range share; the figures of a day that is alone."""
    return reason_in_words(reasons[0]) if len(reasons) == 1 else cause_in_words(reasons[0])


def figures_of(reason: str) -> list[str]:
    """The figures in a stored reason, as its rules name them."""
    return [figures for _, figures in _parts(reason) if figures]


def _parts(reason: str) -> Iterator[tuple[str, str]]:
    """Sentence and figures of each rule of a stored reason; nothing where it names no rule."""
    before, *pieces = _BEGINNING.split(reason)
    # A text of another origin may have such words in its middle.
    if before:
        return
    for name, detail in zip(pieces[::2], pieces[1::2], strict=True):
        said, sentence, figures = detail.partition(_SENTENCES[name])
        if not sentence:
            said, figures = "", detail
        figures = figures.strip()
        if figures.startswith("(") and figures.endswith(")"):
            figures = figures[1:-1]
        yield f"{said}{_SENTENCES[name]}", figures


def _joined(texts: Iterable[str]) -> str:
    """Each text once, as sentences; a comma or bracket of the caller may follow."""
    return ". ".join(dict.fromkeys(text.removesuffix(".") for text in texts))
