"""Which days of an export are imported, and why the others are not."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from orchestration.exports.export import Export
from orchestration.quality.answer import Account
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.imports import days_of_api
from orchestration.warehouse.ledger.claims import Claim, claim_days
from orchestration.warehouse.ledger.clients import KnownClient

OF_API = "Meta's own rows stand; --replace puts the export in their place"
HELD = "another collection works on them now; import them afterwards"


@dataclass(frozen=True)
class ChosenDays:
    """The days to import, in order, and by reason those that are left out."""

    days: list[date]
    left_out: Mapping[str, list[date]]


def choose_days(
    connection: Connection,
    export: Export,
    client: KnownClient,
    account: Account,
    claim: Claim,
    *,
    replace: bool,
) -> ChosenDays:
    """Choose and claim the days to import.

    With `replace` also days of which the API's own rows stand.
    """
    left_out: dict[str, list[date]] = defaultdict(list)
    of_api = set() if replace else days_of_api(connection, client.client_id, export.days)
    chosen = []
    for day in export.days:
        if reason := _reason_to_leave_out(day, client, account):
            left_out[reason].append(day)
        elif day in of_api:
            left_out[OF_API].append(day)
        else:
            chosen.append(day)
    claimed = claim_days(connection, claim, client.client_id, chosen) if chosen else []
    if held := sorted({*chosen} - {*claimed}):
        left_out[HELD] = held
    return ChosenDays(claimed, left_out)


def _reason_to_leave_out(day: date, client: KnownClient, account: Account) -> str | None:
    if day > account.finished_until:
        return "they are not over in the account's time zone"
    if client.account_since and day < client.account_since:
        return "the client had another ad account then"
    if client.starts_on and day < client.starts_on:
        return f"they are before starts_on ({client.starts_on}) in the clients file: set it earlier"
    if client.ends_on and day > client.ends_on:
        return f"they are after ends_on ({client.ends_on}) in the clients file"
    return None
