"""Writes a summed record as a row of an insights reply, and checks what a row is asked to hold."""

from collections.abc import Sequence

from orchestration.sandbox.answering.rows.fields import FIELDS, Cell, Row, Windows
from orchestration.sandbox.wire.envelope import invalid
from orchestration.sandbox.world.model import WINDOWS

DEFAULT_FIELDS = ("account_id", "impressions", "spend")

# Accepted, but not returned: two since January 2026, the others need what no demo account has.
_SILENT_WINDOWS = (
    "7d_view",
    "28d_view",
    "1d_ev",
    "default",
    "dda",
    "incrementality",
    "skan_click",
    "skan_view",
)
_ACTION_BREAKDOWNS = frozenset(
    (
        "action_canvas_component_name",
        "action_carousel_card_id",
        "action_carousel_card_name",
        "action_destination",
        "action_device",
        "action_reaction",
        "action_target_id",
        "action_type",
        "action_video_sound",
        "action_video_type",
        "conversion_destination",
        "is_business_ai_assisted",
        "matched_persona_id",
        "matched_persona_name",
        "signal_source_bucket",
        "standard_event_content_type",
    )
)


def render(cell: Cell, fields: Sequence[str]) -> Row:
    """The row; requested fields without a value are left out."""
    row: Row = {}
    for name in fields:
        value = FIELDS[name](cell)
        if value is not None:
            row[name] = value
    row["date_start"] = cell.bucket.start.isoformat()
    row["date_stop"] = cell.bucket.stop.isoformat()
    return row


def checked_fields(names: Sequence[str]) -> tuple[str, ...]:
    """The fields to render, or the defaults when none is named."""
    for name in names:
        if name not in FIELDS:
            raise invalid(f"{name} is not valid for fields param")
    # Both dates are in every row, and after all other fields.
    asked = tuple(name for name in names if name not in ("date_start", "date_stop"))
    return asked if names else DEFAULT_FIELDS


def checked_windows(names: Sequence[str]) -> Windows:
    """The windows that rows carry besides `value`."""
    for position, name in enumerate(names):
        if name not in WINDOWS and name not in _SILENT_WINDOWS:
            raise invalid(
                f"action_attribution_windows[{position}] must be one of the following values: "
                f"{', '.join((*WINDOWS, *_SILENT_WINDOWS))}"
            )
    return tuple((place, name) for place, name in enumerate(WINDOWS, start=1) if name in names)


def check_action_breakdowns(names: Sequence[str]) -> None:
    """Refuse unknown action breakdowns; known ones change nothing: actions are by `action_type`."""
    for position, name in enumerate(names):
        if name not in _ACTION_BREAKDOWNS:
            raise invalid(
                f"action_breakdowns[{position}] must be one of the following values: "
                f"{', '.join(sorted(_ACTION_BREAKDOWNS))}"
            )
