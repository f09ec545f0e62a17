"""Wrong data made before rows are added up: conversions, objects or whole days are lost."""

from collections.abc import Sequence
from datetime import date

from orchestration.sandbox.faults.data.kind import PARTS, DataKind
from orchestration.sandbox.world.model import AdObject, Record


def _without_conversions(records: Sequence[Record]) -> Sequence[Record]:
    return [record._replace(conversions=()) for record in records]


def _without_purchases(records: Sequence[Record]) -> Sequence[Record]:
    """Without the conversions that are purchases under any of their types."""
    return [
        record._replace(
            conversions=tuple(c for c in record.conversions if "purchase" not in c.types)
        )
        for record in records
    ]


def _every_second(records: Sequence[Record]) -> Sequence[Record]:
    return records[::2]


def _none(_records: Sequence[Record]) -> Sequence[Record]:
    return ()


def _is_not_of_a_deleted_campaign(owner: AdObject, today: date) -> bool:
    campaign = owner.at("campaign")
    return campaign is None or campaign.life.status(today) != "DELETED"


RECORD_KINDS: dict[str, DataKind] = {
    "split": DataKind(
        description="rows below the account carry no actions and no action_values; the account row "
        "keeps them",
        levels=PARTS,
        records=_without_conversions,
    ),
    "split_purchase": DataKind(
        description="rows below the account carry no purchase types; the account row keeps them",
        levels=PARTS,
        records=_without_purchases,
    ),
    "rows_dropped": DataKind(
        description="every second row below the account is missing; the account row is complete",
        levels=PARTS,
        records=_every_second,
    ),
    "deleted_hidden": DataKind(
        description="an account tells no rows of its deleted campaigns, asked for or not; its "
        "total keeps them, and so does each campaign itself",
        levels=PARTS,
        keeps=_is_not_of_a_deleted_campaign,
    ),
    "empty_days": DataKind(
        description="the days have no rows below the account; the account row is complete",
        levels=PARTS,
        records=_none,
    ),
    "holes": DataKind(description="the days are missing at every level", records=_none),
    "duplicated": DataKind(description="every row of the days comes twice", copies=2),
    "frozen": DataKind(
        description="the days repeat the numbers of the first of them", repeats_first_day=True
    ),
}
