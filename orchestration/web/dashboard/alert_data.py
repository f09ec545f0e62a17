"""What the pages show of alerts, of the messages about them, and of what finally failed."""

from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql

from orchestration.web.database import Database
from orchestration.web.queries import OPEN_ENTRIES

MOST_ALERTS = 100
MOST_RESOLVED = 10
MOST_MESSAGES = 15
MOST_DESTINATIONS = 50
MOST_ENTRIES = 50

Rows = list[dict[str, Any]]

# Which ones come first is found out before anything else is read of them. Of days, and of attempts
# below, the first ten are shown.
OPEN = """
with shown as (
    select
        a.alert_id, count(*) over () as total,
        row_number() over (
            order by array_position(array['critical', 'high', 'medium', 'low'], a.severity),
                a.opened_at, a.alert_id
        ) as place
    from ops.alerts as a
    where a.state <> 'resolved' and (
        %(client)s::text is null or a.client_id = %(client)s
        -- A cause that concerns several clients, such as a token.
        or jsonb_exists(a.facts -> 'clients', %(client)s)
    )
    order by place
    limit %(limit)s
)

select
    a.alert_id, a.rule, a.severity, a.client_id, a.subject, a.detail, a.state, a.times_seen,
    a.times_opened, coalesce(a.since, a.opened_at) as since, a.last_seen_at, a.acknowledged_at,
    a.acknowledged_by, s.total,
    jsonb_path_query_array(a.facts, '$.days[0 to 9]') as days,
    coalesce(jsonb_path_query_first(a.facts, '$.days.size()')::integer, 0) as day_count,
    (
        select max(m.until) from ops.alert_mutes as m
        where m.lifted_at is null and m.until > clock_timestamp()
            and coalesce(m.rule, a.rule) = a.rule
            and (m.client_id is null or m.client_id = a.client_id)
    ) as muted_until
from shown as s
inner join ops.alerts as a on s.alert_id = a.alert_id
order by s.place
"""
RESOLVED = """
select
    alert_id, rule, severity, client_id, subject, resolved_at, resolved_by, resolved_reason
from ops.alerts
where state = 'resolved'
order by resolved_at desc nulls last, alert_id desc
limit %(limit)s
"""
MESSAGES = """
select
    message_id, destination, kind, severity, content ->> 'title' as title, state, attempts,
    created_at, not_before > clock_timestamp() as is_held, not_before, receipt, last_error,
    instead_of
from ops.alert_messages
order by message_id desc
limit %(limit)s
"""
DESTINATIONS = """
select
    d.destination, d.is_on, d.note, d.sent_at, d.failing_since, d.last_error,
    (
        select count(*) from ops.alert_messages as m
        where m.destination = d.destination and m.state = 'waiting'
    ) as waiting
from ops.alert_destinations as d
order by d.destination
limit %(limit)s
"""
RECOVERY = sql.SQL(
    """
    select
        e.entry, e.kind, e.at, e.run_id, e.batch_id, e.client_id, e.since, e.until, e.error,
        e.reason, e.replay, jsonb_array_length(e.attempts) as tries,
        jsonb_path_query_array(e.attempts, '$[0 to 9]') as attempts, count(*) over () as total
    from ({entries}) as e
    where %(client)s::text is null or e.client_id = %(client)s
    order by e.at desc nulls last, e.entry desc
    limit %(limit)s
    """
).format(entries=OPEN_ENTRIES)
ACKNOWLEDGE = """
update ops.alerts
set state = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = %s
where alert_id = %s and state = 'open'
"""


@dataclass(frozen=True)
class AlertBoard:
    """What the monitoring page shows; open alerts and entries each have `total`, their number."""

    open: Rows
    resolved: Rows
    messages: Rows
    destinations: Rows
    recovery: Rows


async def alert_board(database: Database) -> AlertBoard:
    """Alerts, messages and the recovery log, of all clients."""
    return AlertBoard(
        await open_alerts(database),
        await database.rows(RESOLVED, {"limit": MOST_RESOLVED}),
        await database.rows(MESSAGES, {"limit": MOST_MESSAGES}),
        await database.rows(DESTINATIONS, {"limit": MOST_DESTINATIONS}),
        await recovery_log(database),
    )


async def open_alerts(database: Database, client_id: str | None = None) -> Rows:
    """Alerts that are not resolved, the worst first, of all clients or of one."""
    return await database.rows(OPEN, {"client": client_id, "limit": MOST_ALERTS})


async def recovery_log(database: Database, client_id: str | None = None) -> Rows:
    """What finally failed and nothing has made good, newest first."""
    return await database.rows(RECOVERY, {"client": client_id, "limit": MOST_ENTRIES})


async def acknowledge(
    database: Database, alert_id: int, by: str
) -> Literal["done", "was not open", "unknown"]:
    """Note that somebody knows of an open alert."""
    if await database.execute(ACKNOWLEDGE, [by, alert_id]):
        return "done"
    known = await database.row("select 1 as one from ops.alerts where alert_id = %s", [alert_id])
    return "was not open" if known else "unknown"
