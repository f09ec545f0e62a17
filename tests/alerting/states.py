"""States of the world that alerts are about and that the health checks do not know, and their end.

Each is a pair: what makes it, and what mends it as the program itself would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import worlds
from factories import LATEST_DUE_DAY, campaign, put_day
from worlds import WEEK

ALERT_TABLES = "ops.alerts, ops.alert_messages, ops.alert_destinations, ops.alert_mutes"
Make = Callable[[Any], None]


def healthy(warehouse: Any) -> None:
    """Two clients, a week in order, no alert was ever opened."""
    warehouse.execute(
        f"truncate {ALERT_TABLES}, ops.run_failures, ops.api_notices, ops.failed_collections, "
        "ops.reopenings, serving.current_month_cache restart identity cascade"
    )
    worlds.healthy(warehouse)


def batch(warehouse: Any, client_id: str, state: str) -> int:
    """A batch of the last two days that ended so."""
    return int(
        warehouse.rows(
            "insert into ops.batches (client_id, since, until, state, api_version, run_id, "
            "finished_at) values (%s, %s, %s, %s, 'v26.0', 'run-1', clock_timestamp()) "
            "returning batch_id",
            [client_id, WEEK[1], WEEK[0], state],
        )[0][0]
    )


def failing(error: str, *clients: str, reason: str = "Meta answers with an error") -> Make:
    """The latest collection of these clients failed so; what stands stands on."""

    def make(warehouse: Any) -> None:
        for client_id in clients:
            number = batch(warehouse, client_id, "failed")
            warehouse.execute(
                "insert into ops.failed_collections "
                "(batch_id, client_id, since, until, error, reason) "
                "values (%s, %s, %s, %s, %s, %s)",
                [number, client_id, WEEK[1], WEEK[0], error, reason],
            )

    return make


def answered(*clients: str) -> Make:
    """The next collection of these clients got its answer."""

    def make(warehouse: Any) -> None:
        for client_id in clients:
            number = batch(warehouse, client_id, "kept")
            warehouse.execute(
                "update ops.failed_collections set closed_at = clock_timestamp(), "
                "closed_by_batch_id = %s where client_id = %s",
                [number, client_id],
            )

    return make


def account_named(account: str | None) -> Make:
    """The clients file names another ad account for acme, or its own again."""
    reason = f"the clients file names {account}" if account else None
    return lambda warehouse: warehouse.execute(
        "update ops.clients set account_refused = %s where client_id = 'acme'", [reason]
    )


def collection_failed(warehouse: Any) -> None:
    """Hours ago, for a reason of its own; the days stand as they were."""
    worlds.failed_collection("PagingError")(warehouse)
    warehouse.execute(
        "update ops.slice_state set last_attempt = 'failed' where client_id = 'acme' "
        "and date_day between %s and %s",
        [WEEK[1], WEEK[0]],
    )


def day_lost(warehouse: Any) -> None:
    """The latest day of acme is not in."""
    worlds.lose_day(warehouse, "acme", LATEST_DUE_DAY)


def day_came(warehouse: Any) -> None:
    """It came after all."""
    put_day(warehouse, "acme", LATEST_DUE_DAY, campaign())
    warehouse.execute("update ops.client_months set published_version = version")


def days_came(warehouse: Any) -> None:
    """The days in the middle of the week came after all."""
    for day in (WEEK[3], WEEK[4]):
        put_day(warehouse, "acme", day)
    warehouse.execute("update ops.client_months set published_version = version")


def reread_well(warehouse: Any) -> None:
    """The refused day was read again, and kept."""
    warehouse.execute("update quarantine.violations set closed_at = clock_timestamp()")
    warehouse.execute(
        "update ops.slice_state set (last_attempt, last_reason, failed_attempts) "
        "= ('received', null, 0) where last_attempt = 'refused'"
    )


def refused(rule: str) -> Make:
    """The gate refused the last answer about a day of acme."""
    return lambda warehouse: worlds.refused(warehouse, "acme", WEEK[2], rule)


def converted(warehouse: Any) -> None:
    """A conversion came."""
    number = batch(warehouse, "acme", "kept")
    warehouse.execute(
        "insert into ops.restatements (client_id, date_day, metric, after, age_days, batch_id) "
        "values ('acme', %s, 'conversions:purchase', 1, 1, %s)",
        [WEEK[0], number],
    )


def delivered(warehouse: Any) -> None:
    """A row came."""
    warehouse.execute(
        "update ops.slice_state set state = 'received' where client_id = 'acme' and date_day = %s",
        [WEEK[0]],
    )


def findings_gone(warehouse: Any) -> None:
    """The audits find nothing any more."""
    warehouse.execute("truncate audit.audit_findings")


def published_again(warehouse: Any) -> None:
    """A build went through."""
    warehouse.execute(
        "insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at) "
        "values ('test', 'next', false, now(), 'published', now())"
    )
    warehouse.execute("update ops.client_months set published_version = version")


def final_month_changed(warehouse: Any) -> None:
    """A publication changed October of acme."""
    warehouse.execute(
        "insert into ops.reopenings (publication_id, client_id, month, changes) values "
        "(1, 'acme', '2026-10-01', 'spend 1,234.56 to 1,300.00')"
    )


def refreshed(warehouse: Any) -> None:
    """The running month of everybody is fresh."""
    warehouse.execute("update serving.current_month_cache set refreshed_at = now()")


def hits(warehouse: Any) -> None:
    """Reads found fresh figures since."""
    warehouse.execute("truncate serving.cache_reads")


def warned(warehouse: Any) -> None:
    """The gate kept a day with a warning."""
    number = batch(warehouse, "acme", "kept")
    warehouse.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail) "
        "values (%s, 'acme', %s, 'thin_day', 'warning', 'spend of 12.34 where 99.00 are usual')",
        [number, WEEK[1]],
    )


def noticed(warehouse: Any) -> None:
    """Meta announces the end of the version."""
    warehouse.execute("insert into ops.api_notices (notice) values ('v26.0 has been deprecated')")


def notice_gone(warehouse: Any) -> None:
    """A run heard nothing of it any more."""
    warehouse.execute("update ops.api_notices set closed_at = clock_timestamp()")


def run_failed(warehouse: Any) -> None:
    """Dagster saw a run fail for a reason that the ledger does not know."""
    warehouse.execute(
        "insert into ops.run_failures (run_id, job, step, error, reason) values "
        "('0a1b2c3d-aaaa', 'daily_refresh', 'collect_insights', 'MemoryError', 'out of memory')"
    )


def run_succeeded(warehouse: Any) -> None:
    """A later one did not."""
    warehouse.execute("update ops.run_failures set closed_at = clock_timestamp()")


@dataclass(frozen=True)
class State:
    """What makes an alert and what ends it; what is expected of it."""

    rule: str
    severity: str
    client_id: str | None
    make: Make
    mend: Make
    opened: str
    item: str
    healed: str


ACME = "Acme (acme): "
STATES = (
    State(
        "daily_collection",
        "critical",
        "acme",
        day_lost,
        day_came,
        f"{ACME}The daily collection is late",
        "2026-11-14: never asked",
        f"{ACME}The daily collection is complete",
    ),
    State(
        "token_dead",
        "critical",
        None,
        failing("TokenDeadError", "acme", "borealis", reason="code 190: the token has expired"),
        answered("acme"),
        "Meta refuses an access token (META_ACCESS_TOKEN, 2 clients)",
        "code 190: the token has expired",
        "",
    ),
    State(
        "api_version_retired",
        "critical",
        None,
        failing("VersionRetiredError", "acme", "borealis"),
        answered("acme", "borealis"),
        "Meta no longer serves the API version that is set (2 clients)",
        "Meta answers with an error",
        "Meta serves the API version that is set (2 clients)",
    ),
    State(
        "publication_failing",
        "critical",
        None,
        worlds.build_failed,
        published_again,
        "New data are no longer published",
        "the latest build failed",
        "New data are published again",
    ),
    State(
        "access_denied",
        "high",
        "acme",
        failing("PermissionDeniedError", "acme", reason="code 200: no permission"),
        answered("acme"),
        f"{ACME}Meta refuses access to the ad account",
        "code 200: no permission",
        f"{ACME}Meta gives access to the ad account again",
    ),
    State(
        "access_denied",
        "high",
        "acme",
        failing("AccountRefusedError", "acme", reason="only act_acme is refused, code 190"),
        answered("acme"),
        f"{ACME}Meta refuses access to the ad account",
        "only act_acme is refused, code 190",
        f"{ACME}Meta gives access to the ad account again",
    ),
    State(
        "account_changed",
        "high",
        "acme",
        account_named("act_2"),
        account_named(None),
        f"{ACME}The ad account is not the one that the stored days came from",
        "the clients file names act_2",
        f"{ACME}The ad account matches the stored days again",
    ),
    State(
        "account_changed",
        "high",
        "acme",
        failing("AccountChangedError", "acme", reason="Meta calls act_acme an account in USD"),
        answered("acme"),
        f"{ACME}The ad account is not the one that the stored days came from",
        "Meta calls act_acme an account in USD",
        f"{ACME}The ad account matches the stored days again",
    ),
    State(
        "split_data",
        "high",
        "acme",
        refused("not_split"),
        reread_well,
        f"{ACME}Campaigns came without their conversions",
        "2026-11-12: refused by not_split; 1 attempt failed, "
        "the next one is at 2026-11-15 08:15 UTC",
        f"{ACME}Campaigns and conversions are complete again",
    ),
    State(
        "split_month",
        "high",
        "acme",
        worlds.split_month_is_published,
        findings_gone,
        f"{ACME}A month was published without conversions that it should have",
        "2026-11: found by split_month",
        f"{ACME}The published month has its conversions",
    ),
    State(
        "control_totals_disagree",
        "high",
        "acme",
        refused("control_totals_agree"),
        reread_well,
        f"{ACME}Campaigns do not add up to the account's own total",
        "2026-11-12: refused by control_totals_agree; 1 attempt failed, "
        "the next one is at 2026-11-15 08:15 UTC",
        f"{ACME}Campaigns add up to the account's own total again",
    ),
    State(
        "data_vanished",
        "high",
        "acme",
        refused("standing_data_vanished"),
        reread_well,
        f"{ACME}Meta now reports less than it did before",
        "2026-11-12: refused by standing_data_vanished; 1 attempt failed, "
        "the next one is at 2026-11-15 08:15 UTC",
        f"{ACME}The stored days agree with Meta's latest answer",
    ),
    State(
        "no_conversions_yet",
        "high",
        "acme",
        worlds.no_conversions_yet,
        converted,
        f"{ACME}Many clicks, but no conversion was ever counted",
        "2026-11-08 to 2026-11-14: clicks, and not one counted conversion",
        f"{ACME}Conversions are counted, or none are expected",
    ),
    State(
        "no_delivery_yet",
        "high",
        "acme",
        worlds.no_delivery_yet,
        delivered,
        f"{ACME}Meta has never reported a single row",
        "2026-11-08 to 2026-11-14: nothing came",
        f"{ACME}Rows have come, or none are expected",
    ),
    State(
        "client_month_left_out",
        "high",
        "acme",
        worlds.month_is_left_out,
        published_again,
        f"{ACME}A month was left out of the publication",
        "2026-11: split",
        f"{ACME}The month is published",
    ),
    State(
        "final_month_changed",
        "high",
        "acme",
        final_month_changed,
        lambda warehouse: None,
        f"{ACME}A month that was final has changed",
        "2026-10, with publication 1",
        "",
    ),
    State(
        "run_failed",
        "high",
        None,
        run_failed,
        run_succeeded,
        "A run failed (daily_refresh)",
        "MemoryError: out of memory (run 0a1b2c3d)",
        "A later run succeeded (daily_refresh)",
    ),
    State(
        "gap_older_than_a_day",
        "medium",
        "acme",
        worlds.gap_is_old,
        days_came,
        f"{ACME}Days are missing",
        "2026-11-10 to 2026-11-11: never asked",
        f"{ACME}The missing days have come",
    ),
    State(
        "quarantine_waiting",
        "medium",
        "acme",
        worlds.quarantine_waits,
        reread_well,
        f"{ACME}The gate refused answers of Meta",
        "2026-11-12: refused by formats (earlier rows are kept); 1 attempt failed, "
        "the next one is at 2026-11-15 08:15 UTC",
        f"{ACME}No refused answers are left",
    ),
    State(
        "failed_collections",
        "medium",
        "acme",
        collection_failed,
        answered("acme"),
        f"{ACME}Collections failed",
        "2026-11-13 to 2026-11-14: Meta answers with an error",
        f"{ACME}The failed collections have succeeded",
    ),
    State(
        "api_unreachable",
        "medium",
        None,
        failing("TransientError", "acme", "borealis", reason="HTTP 503"),
        answered("acme", "borealis"),
        "The Insights API does not answer (2 clients)",
        "HTTP 503",
        "The Insights API answers again (2 clients)",
    ),
    State(
        "throttled",
        "medium",
        "acme",
        failing("BudgetExhaustedError", "acme", reason="it would have to wait 3600 s more"),
        answered("acme"),
        f"{ACME}Meta throttles calls for longer than a run may wait",
        "it would have to wait 3600 s more",
        f"{ACME}Calls are no longer throttled",
    ),
    State(
        "cache_stale",
        "medium",
        "acme",
        worlds.cache_is(7),
        refreshed,
        f"{ACME}The figures of the current month are old",
        "Meta does not answer",
        f"{ACME}The figures of the current month are fresh again",
    ),
)
"""Every rule whose messages go out at once."""

LOW = (
    (
        "cache_hit_rate",
        worlds.cache_reads(5, 20, 5),
        hits,
        "17 % of 30 reads in 24 hours were fresh",
    ),
    ("gate_warnings", warned, reread_well, "thin_day on 1 day, last 2026-11-13"),
    ("api_version_ending", noticed, notice_gone, "v26.0 has been deprecated"),
)
"""The rules of the digest."""
