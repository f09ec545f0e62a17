"""Days that are missing, late, refused, mended, empty or waived; clients that pause or leave."""

from collections.abc import Callable
from datetime import date
from typing import Any

from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, campaign, put_day

from worlds.in_order import WEEK


def lose_day(warehouse: Warehouse, client_id: str, day: date) -> None:
    """A day that was never asked for."""
    warehouse.execute(
        "delete from ops.slice_state where client_id = %s and date_day = %s", [client_id, day]
    )


def today_is_missing(warehouse: Warehouse) -> None:
    """Due at 04:00 UTC of the 15th, late at 05:00; business time is noon."""
    lose_day(warehouse, "acme", LATEST_DUE_DAY)


def today_is_late(warehouse: Warehouse) -> None:
    """The same seen two hours after it was late: the account lies 6 hours west."""
    warehouse.execute("update ops.clients set timezone_name = 'Etc/GMT+6' where client_id = 'acme'")
    lose_day(warehouse, "acme", LATEST_DUE_DAY)


def today_is_expected(warehouse: Warehouse) -> None:
    """Due, but within its grace: the account lies 8 hours west."""
    warehouse.execute("update ops.clients set timezone_name = 'Etc/GMT+8' where client_id = 'acme'")
    lose_day(warehouse, "acme", LATEST_DUE_DAY)


def account_never_answered(warehouse: Warehouse) -> None:
    """A client whose zone nobody knows yet."""
    add_client(warehouse, "cobalt", timezone_name=None, currency=None, owed_since=None)


def first_collection_broke_off(warehouse: Warehouse) -> None:
    """The account said where it is, and nothing more."""
    add_client(warehouse, "cobalt", owed_since=None)


def refused(warehouse: Warehouse, client_id: str, day: date, rule: str) -> None:
    """The last answer about a day was refused; what stood before stands on."""
    batch = warehouse.rows(
        "insert into ops.batches (client_id, since, until, state, api_version) "
        "values (%s, %s, %s, 'refused', 'v26.0') returning batch_id",
        [client_id, day, day],
    )[0][0]
    warehouse.execute(
        "update ops.slice_state set last_attempt = 'refused', last_batch_id = %s, "
        "last_attempt_at = '2026-11-15T08:00:00Z', last_reason = %s, failed_attempts = 1 "
        "where client_id = %s and date_day = %s",
        [batch, f"{rule}: told so", client_id, day],
    )
    warehouse.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail) "
        "values (%s, %s, %s, %s, 'blocking', 'told so')",
        [batch, client_id, day, rule],
    )


def split_is_refused(warehouse: Warehouse) -> None:
    """An answer without the conversions that the account has."""
    refused(warehouse, "acme", WEEK[2], "not_split")


def quarantine_waits(warehouse: Warehouse) -> None:
    """An answer refused for something else."""
    refused(warehouse, "acme", WEEK[2], "formats")


def gap_is_young(warehouse: Warehouse) -> None:
    """Yesterday's day of an account that lies so far west that it is late for hours only."""
    warehouse.execute("update ops.clients set timezone_name = 'Etc/GMT+6' where client_id = 'acme'")
    refused_without_data(warehouse, "acme", LATEST_DUE_DAY)


def refused_without_data(warehouse: Warehouse, client_id: str, day: date) -> None:
    """A day of which only a failed attempt is known."""
    warehouse.execute(
        "update ops.slice_state set state = 'none', last_attempt = 'failed', "
        "last_reason = 'Meta does not answer', failed_attempts = 2 "
        "where client_id = %s and date_day = %s",
        [client_id, day],
    )


def gap_is_old(warehouse: Warehouse) -> None:
    """Two days in the middle of the week were never asked for."""
    lose_day(warehouse, "acme", WEEK[3])
    lose_day(warehouse, "acme", WEEK[4])


def data_vanished(warehouse: Warehouse) -> None:
    """A new reading of a day of acme has less than stands."""
    refused(warehouse, "acme", WEEK[2], "standing_data_vanished")


def mended(warehouse: Warehouse, client_id: str = "acme") -> None:
    """A day was completed from its ad sets."""
    warehouse.execute(
        "update ops.slice_state set mended_from = 'adset' "
        "where client_id = %s and date_day = %s and level in ('account', 'campaign')",
        [client_id, WEEK[3]],
    )


def in_the_clients_file(**values: Any) -> Callable[[Any], None]:
    """The clients file says this of acme."""
    places = ", ".join(f"{name} = %({name})s" for name in values)
    return lambda warehouse: warehouse.execute(
        f"update ops.clients set {places} where client_id = 'acme'", values
    )


def known_pause(warehouse: Warehouse) -> None:
    """Acme paused all week, as the clients file says."""
    warehouse.execute(
        "insert into ops.client_pauses (client_id, since, until, reason) "
        "values ('acme', %s, %s, 'holidays')",
        [WEEK[-1], WEEK[0]],
    )


def no_delivery_yet(warehouse: Warehouse) -> None:
    """Every day of acme was answered with nothing."""
    warehouse.execute(
        "update ops.slice_state set state = 'empty', row_count = 0 where client_id = 'acme'"
    )


def no_conversions_yet(warehouse: Warehouse) -> None:
    """Acme has a hundred link clicks on each day, and nothing that they led to."""
    for day in WEEK:
        put_day(warehouse, "acme", day, campaign(link_clicks=100, clicks=120))
    warehouse.execute("update ops.client_months set published_version = version")


def zero_between_delivery(warehouse: Warehouse) -> None:
    """Meta answered without rows between days with delivery."""
    warehouse.execute(
        "update ops.slice_state set state = 'empty', row_count = 0 "
        "where client_id = 'acme' and date_day = %s",
        [WEEK[3]],
    )


def days_are_waived(warehouse: Warehouse) -> None:
    """Days that will never come, the latest one among them, closed by a person."""
    warehouse.execute(
        "update ops.slice_state set state = 'waived', last_attempt = 'waived' "
        "where client_id = 'acme' and date_day = any(%s)",
        [[WEEK[0], WEEK[3]]],
    )


def client_is_paused(warehouse: Warehouse) -> None:
    """A client that owes nothing, with holes all over."""
    warehouse.execute("update ops.clients set status = 'paused' where client_id = 'acme'")
    warehouse.execute("delete from ops.slice_state where client_id = 'acme'")


def client_left(warehouse: Warehouse) -> None:
    """A client that is no longer in the clients file, split and refused."""
    split_is_refused(warehouse)
    warehouse.execute("update ops.clients set is_listed = false where client_id = 'acme'")
