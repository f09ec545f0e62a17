"""States of the world that the health checks are asked about, made by hand in the ledger.

`healthy` is a warehouse of two clients in which nothing is wrong; each other function puts one
fault into it.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, campaign, put_day

CLIENTS = ("acme", "borealis")
WEEK = [LATEST_DUE_DAY - timedelta(days=n) for n in range(7)]

TABLES = (
    "ops.clients",
    "ops.slice_state",
    "ops.receipts",
    "ops.heartbeats",
    "ops.publications",
    "ops.builds",
    "ops.client_months",
    "ops.run_failures",
    "ops.alerts",
    "ops.alert_messages",
    "ops.alert_destinations",
    "ops.alert_mutes",
    "serving.cache_reads",
    "quarantine.violations",
)
FINDINGS = """
create schema if not exists audit;
create table if not exists audit.audit_findings (
    client_id text, month date, date_day date, "check" text, severity text, detail text
);
truncate audit.audit_findings;
"""


def empty(warehouse: Warehouse) -> None:
    """Nothing was ever collected."""
    warehouse.execute(f"truncate {', '.join(TABLES)} restart identity cascade")
    warehouse.execute("delete from ops.settings where starts_with(name, 'alert_')")
    warehouse.execute(FINDINGS)


def healthy(warehouse: Warehouse) -> None:
    """Two clients, a week received, published, cached; alerts are evaluated and go to Slack."""
    empty(warehouse)
    for client_id in CLIENTS:
        add_client(warehouse, client_id, owed_since=WEEK[-1])
        for day in WEEK:
            put_day(warehouse, client_id, day)
        warehouse.execute(
            "insert into serving.current_month_cache (client_id, month, currency, until, "
            "fresh_since, spend, impressions, clicks, link_clicks, refreshed_at) values "
            "(%s, '2026-11-01', 'EUR', '2026-11-15', '2026-11-15', 10, 100, 5, 4, now())",
            [client_id],
        )
    published(warehouse)
    for name in ("alert_evaluation", "alert_delivery"):
        warehouse.execute(
            "insert into ops.heartbeats (name, beat_at, interval_seconds) values (%s, now(), 300)",
            [name],
        )
    destination(warehouse, "slack")


def published(warehouse: Warehouse) -> None:
    """What is there is published, by build and publication 1."""
    warehouse.execute(
        "insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at) "
        "values ('test', 'one', false, now(), 'published', now())"
    )
    warehouse.execute(
        "insert into ops.publications (build_id, client_months, rows_inserted, rows_ended, "
        "published_at) values (1, 2, 10, 0, '2026-11-15T09:00:00Z')"
    )
    warehouse.execute("update ops.client_months set published_version = version")


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


def finding(warehouse: Warehouse, check: str, severity: str) -> None:
    """What an audit found in November."""
    warehouse.execute(
        "insert into audit.audit_findings values "
        "('acme', '2026-11-01', null, %s, %s, 'no purchase in the whole month')",
        [check, severity],
    )


def split_month_is_published(warehouse: Warehouse) -> None:
    """A month without conversions of a family, which the audits doubt."""
    finding(warehouse, "split_month", "high")


def harmless_finding(warehouse: Warehouse) -> None:
    """Findings of other audits are nothing for this check."""
    finding(warehouse, "restatement", "warning")


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


def cache_is(hours: int) -> Callable[[Any], None]:
    """The running month of one client was refreshed so long ago."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "update serving.current_month_cache set refreshed_at = now() - make_interval(hours => "
            "%s) where client_id = 'acme'",
            [hours],
        )
        warehouse.execute(
            "insert into serving.cache_refreshes (client_id, attempted_at, error) "
            "values ('acme', now(), 'Meta does not answer')"
        )

    return make


def cache_was_never_filled(warehouse: Warehouse) -> None:
    """Nobody refreshes it."""
    warehouse.execute("delete from serving.current_month_cache")


def data_wait(hours: int) -> Callable[[Any], None]:
    """A client-month changed so long ago and is not published."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "update ops.client_months set version = nextval('ops.version_seq') "
            "where client_id = 'acme'"
        )
        warehouse.execute(
            "update ops.client_months set changed_at = now() - make_interval(hours => %s) "
            "where client_id = 'acme'",
            [hours],
        )

    return make


def build_failed(warehouse: Warehouse) -> None:
    """The latest build ended without a publication."""
    warehouse.execute(
        "insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at) "
        "values ('test', 'two', false, now(), 'failed', now())"
    )


def month_is_left_out(warehouse: Warehouse) -> None:
    """The latest build left a client-month out."""
    data_wait(0)(warehouse)
    warehouse.execute(
        "insert into ops.build_client_months (build_id, client_id, month, version, left_out) "
        "values (1, 'acme', '2026-11-01', 1, 'split')"
    )


def failed_collection(error: str) -> Callable[[Any], None]:
    """A collection that failed after its last retry; a re-read, so that the day stands on."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "insert into ops.failed_collections "
            "(batch_id, client_id, since, until, error, reason, failed_at) values "
            "((select min(batch_id) from ops.batches where client_id = 'acme'), 'acme', %s, %s, "
            "%s, 'Meta answers with an error', '2026-11-15T08:00:00Z')",
            [WEEK[1], WEEK[0], error],
        )

    return make


def alerting_never_worked(warehouse: Warehouse) -> None:
    """Nobody evaluates alerts here."""
    warehouse.execute("truncate ops.heartbeats")


def alerting_is_half_set_up(warehouse: Warehouse) -> None:
    """Alerts are evaluated, and nobody delivers them."""
    warehouse.execute("delete from ops.heartbeats where name = 'alert_delivery'")


def silent(name: str, minutes: int) -> Callable[[Any], None]:
    """It beat for the last time so long ago, and promised to be silent for five minutes at most."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "update ops.heartbeats set beat_at = now() - make_interval(mins => %s) where name = %s",
            [minutes, name],
        )

    return make


def delivery_is_rare(warehouse: Warehouse) -> None:
    """Delivery promised no more than one sign of life an hour."""
    warehouse.execute(
        "update ops.heartbeats set interval_seconds = 3600 where name = 'alert_delivery'"
    )


def destination(
    warehouse: Warehouse, name: str, *, note: str | None = None, failing_minutes: int | None = None
) -> None:
    """A destination of alerts; with a note it is off."""
    warehouse.execute(
        "insert into ops.alert_destinations "
        "(destination, is_on, note, sent_at, failing_since, last_error) values "
        "(%(name)s, %(note)s::text is null, %(note)s, now() - interval '1 hour', "
        "now() - make_interval(mins => %(minutes)s), "
        "case when %(minutes)s::integer is not null then 'HTTP 500: no such channel' end) "
        "on conflict (destination) do update set (is_on, note, failing_since, last_error) "
        "= (excluded.is_on, excluded.note, excluded.failing_since, excluded.last_error)",
        {"name": name, "note": note, "minutes": failing_minutes},
    )


def slack_fails(minutes: int) -> Callable[[Any], None]:
    """Slack has taken no message for so long."""
    return lambda warehouse: destination(warehouse, "slack", failing_minutes=minutes)


def slack_is_off(warehouse: Warehouse) -> None:
    """Slack is not set up any more; it failed while it was."""
    destination(warehouse, "slack", note="no URL is set", failing_minutes=60)


def webhook_is_off(warehouse: Warehouse) -> None:
    """Another destination that is not set up."""
    destination(warehouse, "webhook", note="no URL is set")


def message(state: str, age: str = "0 seconds", **changes: Any) -> Callable[[Any], None]:
    """A message to Slack that was written so long ago, and then became this."""

    def make(warehouse: Warehouse) -> None:
        values = {
            "destination": "slack",
            "kind": "opened",
            "severity": "high",
            "content": '{"title": "Days are missing"}',
            "state": state,
            "attempts": 1,
        } | changes
        columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        warehouse.execute(
            f"insert into ops.alert_messages ({columns}, created_at, not_before) "
            f"values ({marks}, now() - %s::interval, now() - %s::interval)",
            [*values.values(), age, age],
        )

    return make


def threshold(name: str, value: int) -> Callable[[Any], None]:
    """A setting of the alerts, as every command hands it to SQL."""
    return lambda warehouse: warehouse.execute(
        "insert into ops.settings (name, value) values (%s, %s) "
        "on conflict (name) do update set value = excluded.value",
        [name, str(value)],
    )


def cache_reads(hits: int, misses: int, stale: int, age: str = "1 hour") -> Callable[[Any], None]:
    """Reads of the running month so long ago."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "insert into serving.cache_reads values (now() - %s::interval, %s, %s, %s)",
            [age, hits, misses, stale],
        )

    return make
