"""What is odd about single rows: one list for each question, with None for rows that are fine.

Each function takes the rows of a page and answers for all of them at once.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache

from orchestration.answers.families import unknown_types
from orchestration.answers.results import Row
from orchestration.answers.slices import ENTITY_FIELD
from orchestration.meta_api.calls.repair import REPLACEMENT
from orchestration.meta_api.fields import insights_fields
from orchestration.quality.rows.actions import MOST_SHAPES, Shape
from orchestration.quality.rows.forms import COUNT, DAY, KEY, NUMBER, Form

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
UNSTORABLE = {"\0", REPLACEMENT}
"""What no database takes, and the character that stands for bytes that were no text."""

Names = tuple[str, ...]


def missing_fields(level: str, rows: Sequence[Row]) -> list[str | None]:
    """The required fields that a row lacks."""
    parent = () if level == "account" else ("campaign_id",)
    names = tuple(dict.fromkeys((*REQUIRED, *parent, ENTITY_FIELD[level])))
    return [
        listed([name for name in names if row.get(name) is None])
        if None in map(row.get, names)
        else None
        for row in rows
    ]


def malformed_fields(rows: Sequence[Row]) -> list[str | None]:
    """The first field whose value is not in Meta's form, with the value."""
    if all(
        form.fits_all([row[name] for row in rows if row.get(name) is not None])
        for name, form in FORMS.items()
    ):
        return [None] * len(rows)
    return [_malformed_field(row) for row in rows]


def _malformed_field(row: Row) -> str | None:
    for name, form in FORMS.items():
        value = row.get(name)
        if value is not None and not form.fits(str(value)):
            return f"{name} is {value!r}"
    return None


def unasked_fields(level: str, rows: Sequence[Row]) -> list[Names | None]:
    """The fields that came without being asked for."""
    fields = ALWAYS_SENT | {*insights_fields(level)}
    return [None if row.keys() <= fields else tuple(row.keys() - fields) for row in rows]


def unstorable_names(level: str, rows: Sequence[Row]) -> list[Names | None]:
    """Names with a character that cannot be stored, each with the id of its object."""
    asked = insights_fields(level)
    names = {name: key for name, key in NAMES.items() if name in asked}
    return [
        tuple(
            f"{name} of {row.get(key)}"
            for name, key in names.items()
            if not UNSTORABLE.isdisjoint(str(row.get(name)))
        )
        or None
        for row in rows
    ]


def clicks_without_actions(level: str, rows: Sequence[Row]) -> list[str | None]:
    """Link clicks of a campaign without any action: Meta names `link_click` for each of them."""
    if level != "campaign":
        return [None] * len(rows)
    return [
        None if row.get("actions") or row.get(LINK_CLICKS) in NO_CLICKS else str(row[LINK_CLICKS])
        for row in rows
    ]


@lru_cache(MOST_SHAPES)
def problems_of_types(counted: Shape, valued: Shape) -> tuple[Names | None, str | None]:
    """Action types that nobody reviewed, and those that have a value but no count."""
    return tuple(unknown_types({*counted, *valued})) or None, listed({*valued} - {*counted})


def listed(names: Collection[str]) -> str | None:
    """The names in one text, sorted; None where there are none."""
    return ", ".join(sorted(names)) if names else None
