"""Whether an export is one of the client's ad account, and says what every row must say."""

from orchestration.errors import UsageError
from orchestration.exports.export import Export
from orchestration.exports.refusal import ExportRefusedError, Refusal
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.imports import account_name_of, foreign_campaigns
from orchestration.warehouse.ledger.clients import KnownClient

COLUMNS = {
    "campaign_id": "Campaign ID",
    "spend": "Amount spent",
    "impressions": "Impressions",
    "clicks": "Clicks (all)",
    "link_clicks": "Link clicks",
}
"""Columns without which the marts would have to invent something, as Ads Manager calls them."""
ALWAYS_WRITTEN = ("spend", "impressions")
"""Ads Manager leaves a count of none empty, but not these."""


def check_export(
    connection: Connection, export: Export, client: KnownClient, currency: str
) -> None:
    """Refuse what is not exactly the client's.

    Raises:
        UsageError: a column is missing, the account or the currency is another one, or lines lack
            what every row must have.
    """
    if missing := [name for meaning, name in COLUMNS.items() if meaning not in export.columns]:
        raise UsageError(
            f"{export.file_name} has no column {', '.join(missing)}: add it in Ads Manager "
            "(Columns, Customise columns) and export again. Without it the marts would hold "
            "invented numbers."
        )
    if not export.rows:
        raise UsageError(f"{export.file_name} has no row with a number in it.")
    check_account(connection, export, client)
    check_currency(export, client.client_id, currency)
    _check_lines(export)


def check_currency(export: Export, client_id: str, currency: str) -> None:
    """Refuse an export that is not in the account's currency, or does not name its own.

    Raises:
        UsageError: so.
    """
    if not export.currency:
        raise UsageError(
            f"{export.file_name} names no currency, neither behind Amount spent nor in a column: "
            f"say it with --currency. The account of {client_id} is in {currency}."
        )
    if export.currency != currency:
        raise UsageError(
            f"{export.file_name} is in {export.currency}, and the ad account of {client_id} "
            f"is in {currency}."
        )


def check_account(connection: Connection, export: Export, client: KnownClient) -> None:
    """Refuse an export of another ad account, as far as it shows of which one it is.

    Raises:
        UsageError: the account or a campaign is another's.
    """
    own = client.ad_account_id.removeprefix("act_")
    if export.account_id:
        if export.account_id != own:
            raise UsageError(
                f"{export.file_name} is of the ad account {export.account_id}, and "
                f"{client.client_id} has {own}."
            )
        return
    name = account_name_of(connection, client.client_id)
    if export.account_name and name and export.account_name != name:
        raise UsageError(
            f"{export.file_name} is of an ad account named {export.account_name!r}, and that of "
            f"{client.client_id} is named {name!r}. If it only has a new name, export it with the "
            "column Account ID."
        )
    lines = {
        row.objects["campaign"].id: row.line
        for row in reversed(export.rows)
        if "campaign" in row.objects and row.objects["campaign"].id
    }
    if foreign := foreign_campaigns(connection, own, [*lines]):
        raise ExportRefusedError(
            [
                Refusal(
                    lines[campaign], f": the campaign {campaign} belongs to the ad account {of}."
                )
                for campaign, of in foreign.items()
            ]
        )


def _check_lines(export: Export) -> None:
    refusals = [
        Refusal(row.line, f" has no {export.columns.labels[meaning]}.")
        for row in export.rows
        for meaning in ALWAYS_WRITTEN
        if meaning not in row.metrics
    ]
    refusals += [
        Refusal(row.line, " has no Campaign ID.")
        for row in export.rows
        if not row.objects["campaign"].id
    ]
    if refusals:
        raise ExportRefusedError(refusals)
