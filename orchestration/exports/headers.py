"""Which column of an export holds what, by its name in any of the languages."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from orchestration.errors import UsageError
from orchestration.exports.refusal import refuse
from orchestration.exports.table import Cell, Line

FILE = Path(__file__).with_name("headers.yml")
DAYS = ("date", "range_start", "range_end")
CPM = "cpm"
"""The cost of a thousand impressions: not kept, but it shows where cells have slipped. Its name
begins with these letters in every language, and goes on with an explanation."""
MONEY = ("spend", "purchase_value", CPM)
COUNTS = (
    "impressions",
    "reach",
    "clicks",
    "link_clicks",
    "landing_page_views",
    "add_to_cart",
    "checkouts",
    "content_views",
    "purchases",
    "leads",
    "registrations",
    "results",
)
METRICS = ("spend", "purchase_value", *COUNTS)
LEVELS = ("campaign", "adset", "ad")
_UNIT = re.compile(r"[(（]\s*([A-Z]{3})\s*[)）]\s*$")


@dataclass(frozen=True)
class Columns:
    """The columns of a file: position and name by meaning, the language, the rest.

    `currency` is the code that stands behind the name of an amount; empty without one.
    """

    positions: Mapping[str, int]
    labels: Mapping[str, str]
    language: str
    currency: str
    unused: Sequence[str]

    def __contains__(self, meaning: str) -> bool:
        return meaning in self.positions


def plain(name: str) -> str:
    """A name without case, accents, punctuation and width: `Wartość (PLN)` as `wartosc pln`."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i").replace("ł", "l"))
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", letters.replace("_", " ")))


@cache
def names() -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """By plain name and meaning: the place that each language gives it."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for meaning, languages in yaml.safe_load(FILE.read_text(encoding="utf-8")).items():
        for language, written in languages.items():
            for place, name in enumerate(written):
                places = found.setdefault(plain(name), {}).setdefault(meaning, {})
                places.setdefault(language, place)
    return found


def _known(label: str) -> tuple[str, Mapping[str, int]] | None:
    """What a column holds, and the languages that say so; an amount may have its unit behind it."""
    if unit := _UNIT.search(label):
        for meaning, languages in names().get(plain(label[: unit.start()]), {}).items():
            if meaning in MONEY:
                return meaning, languages
    if plain(label).partition(" ")[0] == CPM:
        return CPM, {"other": 0}
    return next(iter(names().get(plain(label), {}).items()), None)


def is_header(cells: Sequence[Cell]) -> bool:
    """Whether these are names of columns, of a day and a metric among others."""
    known = [_known(cell) for cell in cells if isinstance(cell, str)]
    meanings = {each[0] for each in known if each}
    return not meanings.isdisjoint(DAYS) and not meanings.isdisjoint(METRICS)


def columns_of(header: Line, named: Mapping[str, str]) -> Columns:
    """The columns of a file; `named` are those that a person names by their meaning.

    Raises:
        UsageError: a column is missing, or two have one meaning.
    """
    labels = [str(cell).strip() for cell in header.cells]
    _check_named(labels, named)
    best: dict[str, tuple[int, int]] = {}
    languages: Counter[str] = Counter()
    for position, label in enumerate(labels):
        known = _known(label)
        if known is None or known[0] in named or label in named.values():
            continue
        meaning, place = known[0], min(known[1].values())
        languages.update(known[1].keys() - {"other"})
        rival = best.get(meaning)
        if rival is not None and rival[0] == place:
            raise refuse(
                header.number,
                f": the columns {labels[rival[1]]!r} and {label!r} both hold {meaning}: delete one "
                f"of them, or say --column {meaning}=NAME.",
            )
        if rival is None or place < rival[0]:
            best[meaning] = place, position
    positions = {meaning: position for meaning, (_, position) in best.items()}
    positions |= {meaning: labels.index(label) for meaning, label in named.items()}
    _check_complete(labels, positions)
    return Columns(
        positions=positions,
        labels={meaning: labels[at] for meaning, at in positions.items()},
        language=languages.most_common(1)[0][0] if languages else "",
        currency=_unit(header, labels, positions),
        unused=[name for at, name in enumerate(labels) if name and at not in positions.values()],
    )


def _check_named(labels: Sequence[str], named: Mapping[str, str]) -> None:
    meanings = sorted({meaning for known in names().values() for meaning in known})
    for meaning, column in named.items():
        if meaning not in meanings:
            raise UsageError(
                f"--column {meaning}=... is unknown: use one of {', '.join(meanings)}."
            )
        if column not in labels:
            raise UsageError(f"The file has no column {column!r}: it has {', '.join(labels)}.")


def _check_complete(labels: Sequence[str], positions: Mapping[str, int]) -> None:
    listed = ", ".join(filter(None, labels))
    if "date" not in positions and not {"range_start", "range_end"} <= positions.keys():
        raise UsageError(
            f"No column holds the day: name it with --column date=..., of {listed}. An export has "
            "to be broken down by day."
        )
    if positions.keys().isdisjoint(METRICS):
        raise UsageError(f"No column is a metric: name one with --column spend=..., of {listed}.")


def _unit(header: Line, labels: Sequence[str], positions: Mapping[str, int]) -> str:
    """The currency behind the names of amounts, which is one."""
    units: dict[str, str] = {}
    for meaning in MONEY:
        if meaning in positions and (unit := _UNIT.search(labels[positions[meaning]])):
            units.setdefault(unit[1], labels[positions[meaning]])
    if len(units) > 1:
        both = " and ".join(map(repr, units.values()))
        raise refuse(header.number, f": the columns {both} are in different currencies.")
    return next(iter(units), "")
