"""Wrong data in which Meta loses a part of what campaigns did, at some levels or at all of them.

The levels that lost it agree with each other: the account's own row stays the exact sum of its
campaigns, and so do the rows below them.
"""

from collections.abc import Callable
from datetime import date

from orchestration.sandbox.faults.data.kind import DataKind
from orchestration.sandbox.faults.service.kind import Extent
from orchestration.sandbox.world.model import Conversion, Record
from orchestration.sandbox.world.scaling import Shrink, cheaper, fewer, millionths, noise_of, shrunk

WHAT = ("actions", "offsite", "family", "values", "delivery", "rows")
"""What can be lost: off-site is what did not happen on Facebook, delivery is every number."""
FAMILIES = ("purchase", "lead", "add_to_cart")
"""The families of conversions of the demo accounts, each with a type of that name."""

_ON_PLATFORM = ("link_click", "landing_page_view", "post_engagement", "page_engagement")
_ON_PLATFORM_PREFIX = "onsite_conversion."
_DELIVERY_LEFT = 0.2


def _alter(record: Record, day: date, _age: int, extent: Extent) -> Record | None:
    """The record without what is lost."""
    by = Shrink(millionths(_share(extent)), noise_of(record.owner, day, "vanish"))
    if extent.what == "rows":
        return None
    if extent.what == "delivery":
        return shrunk(record, by)
    is_lost = _lost_conversions(extent)
    change = cheaper if extent.what == "values" else fewer
    kept = (change(each, by) if is_lost(each) else each for each in record.conversions)
    return record._replace(conversions=tuple(each for each in kept if each))


def _share(extent: Extent) -> float:
    if extent.share is not None:
        return extent.share
    return _DELIVERY_LEFT if extent.what == "delivery" else 0


def _lost_conversions(extent: Extent) -> Callable[[Conversion], bool]:
    """Whether a conversion is lost, or loses its value."""
    if extent.what == "offsite":
        return _is_off_platform
    family = extent.family or (FAMILIES[0] if extent.what == "family" else None)
    return lambda conversion: family is None or family in conversion.types


def _is_off_platform(conversion: Conversion) -> bool:
    return not any(
        kind in _ON_PLATFORM or kind.startswith(_ON_PLATFORM_PREFIX) for kind in conversion.types
    )


def _check(extent: Extent) -> None:
    """A family belongs to a loss of conversions, a share to what can be lost in part."""
    if extent.family is not None and extent.what not in ("family", "values"):
        raise ValueError("family goes with what: family or values")
    if extent.share is not None and extent.what == "rows":
        raise ValueError("share does not go with what: rows")


VANISH_KINDS: dict[str, DataKind] = {
    "vanish": DataKind(
        description="all `levels` (with commas; default all four) lose `what`: actions (default), "
        "offsite, a `family` (default purchase), values (of all or of `family`), delivery, rows; "
        "`share` of it stays (default 0, of delivery 0.2)",
        takes=("what", "family", "share", "levels"),
        alter=_alter,
        check=_check,
    ),
    "upper_levels_lose": DataKind(
        description="account and campaigns lose `what`, as by vanish; ad sets and ads keep it",
        levels=("account", "campaign"),
        takes=("what", "family", "share"),
        alter=_alter,
        check=_check,
    ),
}
