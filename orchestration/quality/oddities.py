"""What is odd about single rows, told for a page at once; None where nothing is."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from orchestration.answers.families import unknown_types
from orchestration.answers.slices import ENTITY_FIELD
from orchestration.meta_api.calls.repair import REPLACEMENT
from orchestration.meta_api.fields import insights_fields
from orchestration.quality.actions import MOST_SHAPES, Shape
from orchestration.quality.forms import COUNT, DAY, KEY, NUMBER, Form

FORMS: dict[str, Form] = {
    "spend": NUMBER,
    "impressions": COUNT,
    "reach": COUNT,
    "clicks": COUNT,
    "inline_link_clicks": COUNT,
    "date_start": DAY,
    **dict.fromkeys(("campaign_id", "adset_id", "ad_id"), KEY),
}
REQUIRED = ("date_start", "date_stop", "account_id", "account_currency", "spend", "impressions")
ALWAYS_SENT = {"date_start", "date_stop"}
"""Fields that come with every row, asked for or not."""
LINK_CLICKS = "inline_link_clicks"
NO_CLICKS = (None, "0")
NAMES = {"campaign_name": "campaign_id", "adset_name": "adset_id", "ad_name": "ad_id"}
UNKEPT = {"\0", REPLACEMENT}
"""What no database takes, and what stands for text that was none."""

Page = Sequence[dict[str, Any]]
Found = list[str | None]
Names = tuple[str, ...]


def missing(level: str, rows: Page) -> Found:
    """The required fields that a row lacks."""
    parent = () if level == "account" else ("campaign_id",)
    names = tuple(dict.fromkeys((*REQUIRED, *parent, ENTITY_FIELD[level])))
    return [
        listed([name for name in names if row.get(name) is None])
        if None in map(row.get, names)
        else None
        for row in rows
    ]


def malformed(rows: Page) -> Found:
    """The first field whose value is not in Meta's form, with the value."""
    if all(
        form.fits_all([row[name] for row in rows if row.get(name) is not None])
        for name, form in FORMS.items()
    ):
        return [None] * len(rows)
    return [_malformed(row) for row in rows]


def _malformed(row: dict[str, Any]) -> str | None:
    for name, form in FORMS.items():
        value = row.get(name)
        if value is not None and not form.fits(str(value)):
            return f"{name} {value!r}"
    return None


def foreign(level: str, rows: Page) -> list[Names | None]:
    """Fields that were not asked for."""
    fields = ALWAYS_SENT | {*insights_fields(level)}
    return [None if row.keys() <= fields else tuple(row.keys() - fields) for row in rows]


def odd_text(level: str, rows: Page) -> list[Names | None]:
    """Names that came with a character which nobody keeps, each with the id of its object."""
    asked = insights_fields(level)
    names = {name: key for name, key in NAMES.items() if name in asked}
    return [
        tuple(
            f"{name} of {row.get(key)}"
            for name, key in names.items()
            if not UNKEPT.isdisjoint(str(row.get(name)))
        )
        or None
        for row in rows
    ]


def unnamed_clicks(level: str, rows: Page) -> Found:
    """Link clicks of a campaign that names no action: Meta names `link_click` for each."""
    if level != "campaign":
        return [None] * len(rows)
    return [
        None
        if row.get("actions") or row.get(LINK_CLICKS) in NO_CLICKS
        else f"{LINK_CLICKS} {row[LINK_CLICKS]!r}"
        for row in rows
    ]


@lru_cache(MOST_SHAPES)
def types_problems(counted: Shape, valued: Shape) -> tuple[Names | None, str | None]:
    """Action types that nobody reviewed, and those that have a value but no count."""
    return tuple(unknown_types({*counted, *valued})) or None, listed({*valued} - {*counted})


def listed(names: Collection[str]) -> str | None:
    """The names in one text; None for none."""
    return ", ".join(sorted(names)) if names else None
