"""Whose export a file is, and which campaigns its rows are about."""

from collections.abc import Mapping

from orchestration.collection.imports.checks import check_account, check_currency
from orchestration.errors import UsageError
from orchestration.exports.export import Export
from orchestration.reconcile.figures import Subject
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.clients import KnownClient, known_clients


def client_of(connection: Connection, export: Export, asked: str | None) -> KnownClient:
    """The client that is asked for, or whose ad account, or campaigns, the file names.

    Raises:
        UsageError: there is no such client, or the file is another's, or in another currency.
    """
    client_id = asked or _owner(connection, export)
    found = known_clients(connection, [client_id])
    if not found:
        raise UsageError(f"No client {client_id}: meta-ads owed lists the clients.")
    (client,) = found
    if client.currency is None:
        raise UsageError(
            f"Nothing is collected of {client_id} yet, so that its currency is not known."
        )
    check_account(connection, export, client)
    check_currency(export, client_id, client.currency)
    return client


def _owner(connection: Connection, export: Export) -> str:
    """The client whose ad account the file names, else whose campaigns."""
    if export.account_id:
        rows = connection.execute(
            "select client_id from ops.clients where ad_account_id = %s",
            [f"act_{export.account_id}"],
        ).fetchall()
    else:
        named = [row.objects["campaign"] for row in export.rows if "campaign" in row.objects]
        rows = connection.execute(
            "select distinct client_id from marts.dim_names where level = 'campaign' "
            "and (entity_id = any(%s) or entity_name = any(%s))",
            [
                sorted({each.id for each in named if each.id}),
                sorted({each.name for each in named if not each.id}),
            ],
        ).fetchall()
    if len(rows) != 1:
        about = f"the ad account {export.account_id}" if export.account_id else "no known account"
        raise UsageError(f"{export.file_name} is of {about}: say whose it is with --client.")
    return str(rows[0][0])


def subjects_of(connection: Connection, export: Export, client_id: str) -> Mapping[str, Subject]:
    """What the rows are about, by what the file calls it: an id, or a name where it has no ids.

    Raises:
        UsageError: none of its campaigns is the client's, or a name cannot be told from another.
    """
    if export.level == "account":
        return {"": Subject("all campaigns", frozenset({""}))}
    rows = connection.execute(
        "select entity_id, entity_name from marts.dim_names "
        "where client_id = %s and level = 'campaign'",
        [client_id],
    ).fetchall()
    by_name: dict[str, set[str]] = {}
    for campaign_id, name in rows:
        by_name.setdefault(name or "", set()).add(campaign_id)
    named = {row.key[0]: row.objects["campaign"] for row in export.rows}
    subjects = {
        key: Subject(each.name, frozenset({each.id} if each.id else by_name.get(each.name, set())))
        for key, each in named.items()
    }
    known = {campaign_id for campaign_id, _ in rows}
    if not any(subject.ids & known for subject in subjects.values()):
        raise UsageError(
            f"{export.file_name} has no campaign of {client_id}: is it the export of another ad "
            "account?"
        )
    _check_names(export, subjects)
    return subjects


def _check_names(export: Export, subjects: Mapping[str, Subject]) -> None:
    owner: dict[str, str] = {}
    for key, subject in subjects.items():
        for campaign_id in subject.ids:
            other = owner.setdefault(campaign_id, key)
            if other != key:
                raise UsageError(
                    f"{export.file_name} names {other!r} and {key!r}, and the campaign "
                    f"{campaign_id} bore both names: export it with the column Campaign ID."
                )
