"""A warehouse with something of everything that the dashboard shows."""

import re

import worlds
from databases import Warehouse
from factories import add_client
from playwright.sync_api import Page, expect
from psycopg.types.json import Jsonb
from servers import TOKEN, HealthServer
from worlds import WEEK

MONITORING = "/admin/monitoring"
TOKEN_OF_ACME = re.compile(r"^Acknowledge\s*: The token of acme is dead")
HOSTILE = "</code><script>document.title = 'mine'</script><img src=x onerror=alert(1)>"
CALENDAR = {
    "split-held": WEEK[1],
    "refused": WEEK[2],
    "missing": WEEK[3],
    "zero": WEEK[4],
    "failed": WEEK[5],
    "waived": WEEK[6],
    "good": WEEK[0],
}
SPLIT = (WEEK[5], WEEK[4])


def put_everything(warehouse: Warehouse) -> None:
    """A client with a day of each state, three days of the other, alerts, messages, failures."""
    worlds.healthy(warehouse)
    worlds.refused(warehouse, "acme", CALENDAR["split-held"], "not_split")
    worlds.refused(warehouse, "acme", CALENDAR["refused"], "formats")
    worlds.lose_day(warehouse, "acme", CALENDAR["missing"])
    worlds.refused_without_data(warehouse, "acme", CALENDAR["failed"])
    for state, day in (("empty", CALENDAR["zero"]), ("waived", CALENDAR["waived"])):
        warehouse.execute(
            "update ops.slice_state set state = %s where client_id = 'acme' and date_day = %s",
            [state, day],
        )
    warehouse.execute(
        "update ops.slice_state set state = 'none' where client_id = 'acme' and date_day = %s",
        [CALENDAR["refused"]],
    )
    warehouse.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail) "
        "select max(batch_id), 'borealis', %s, 'thin_day', 'warning', 'thin <b>indeed</b>' "
        "from ops.batches",
        [WEEK[1]],
    )
    worlds.refused(warehouse, "borealis", WEEK[2], "standing_data_vanished")
    # Two days of one cause, where nothing stands.
    for day in SPLIT:
        worlds.refused(warehouse, "borealis", day, "not_split")
        warehouse.execute(
            "update ops.slice_state set state = 'none' "
            "where client_id = 'borealis' and date_day = %s",
            [day],
        )
    worlds.mended(warehouse, "borealis")
    worlds.failed_collection("TokenDeadError")(warehouse)
    add_client(warehouse, "cobalt", timezone_name=None, currency=None, owed_since=None)
    warehouse.execute(
        "insert into ops.alerts (fingerprint, rule, severity, client_id, subject, detail) values "
        "('a', 'token_dead', 'critical', 'acme', 'The token of acme is dead', 'Renew <i>it</i>'), "
        "('b', 'hit_rate', 'low', null, 'Few reads find fresh figures', '')"
    )
    put_alerting(warehouse)


def put_alerting(warehouse: Warehouse) -> None:
    """Alerts that returned, are muted or resolved; their messages; entries of the recovery log."""
    warehouse.execute(
        "update ops.alerts set since = '2026-11-13T06:00:00Z', times_opened = 3, times_seen = 7, "
        "facts = jsonb_build_object('days', (select jsonb_agg(d::date) from "
        "generate_series(date '2026-11-01', '2026-11-12', interval '1 day') as d)) "
        "where rule = 'token_dead'"
    )
    warehouse.execute(
        "insert into ops.alert_mutes (rule, until, reason, muted_by) values "
        "('hit_rate', now() + interval '1 day', 'known', 'Kim'), "
        "('token_dead', now() - interval '1 day', 'over', 'Kim')"
    )
    warehouse.execute(
        "insert into ops.alerts (fingerprint, rule, severity, client_id, subject, state, "
        "resolved_at, resolved_by, resolved_reason) values "
        "('c', 'cache_stale', 'medium', 'acme', 'The running month is old', 'resolved', "
        "now() - interval '1 hour', null, null), "
        "('d', 'final_month_changed', 'high', null, 'Resolved by hand', 'resolved', now(), 'Kim', "
        "%s)",
        [HOSTILE],
    )
    worlds.destination(warehouse, "email", failing_minutes=1)
    worlds.webhook_is_off(warehouse)
    worlds.message("sent", receipt="ok, taken as 4711")(warehouse)
    worlds.message("waiting", "-1 hours", attempts=0, destination="email")(warehouse)
    title = Jsonb({"title": HOSTILE})
    worlds.message("refused", last_error=HOSTILE, content=title, destination="email")(warehouse)
    worlds.message("sent", instead_of=3)(warehouse)
    warehouse.execute(
        "insert into ops.run_failures (run_id, job, error, reason) values "
        "('0b5c9d7e-run', 'daily_refresh', 'StepError', %s)",
        [HOSTILE],
    )
    warehouse.execute(
        "update ops.failed_collections set attempts = "
        """'[{"at": "2026-11-15T07:58:00.123456+00:00", "error": "once"}, """
        """{"at": "2026-11-15T08:00:00+00:00", "error": "twice, at 2026-99-99T99:99:99Z"}]'"""
    )


def log_in(page: Page, server: HealthServer, path: str = MONITORING) -> None:
    page.goto(server.url + path)
    page.get_by_label("Admin token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("contentinfo")).to_contain_text("All times are in UTC")
