"""What is stored of the days of an answer, for comparing the two."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from orchestration.answers.slices import Batch, Contents
from orchestration.answers.standing import Reading, Standing, StandingSlice
from orchestration.answers.window import Window
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

ACTIONS = """
select c.level, c.date_day, e.action_type, sum(e.value)
from staging.conversions as c
cross join lateral jsonb_to_recordset(c.{array}) as e (action_type text, value numeric)
where c.client_id = %(client)s and c.level = any(%(levels)s) and c.date_day = any(%(days)s)
    and e.action_type = any(%(types)s)
group by c.level, c.date_day, e.action_type
"""
CAMPAIGNS = """
select date_day, entity_id, impressions from staging.insights
where client_id = %(client)s and level = 'campaign' and date_day = any(%(days)s)
    and account_id = %(account)s
"""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What an answer holds, as far as it is compared with what is stored.

    `action_types` are those that name an event; `contents` are by level.
    """

    window: Window
    account_id: str
    contents: Mapping[str, Contents]
    action_types: Collection[str]


def load_standing(connection: Connection, answers: Sequence[Answered]) -> list[Standing]:
    """What is stored of the days of each answer where it differs from the answer, by level.

    Rows of another ad account are left out. Days that an answer does not change cost no more than a
    row of `ops.slice_state`.
    """
    standings = [Standing() for _ in answers]
    changed: dict[int, set[date]] = defaultdict(set)
    fewer: dict[int, list[date]] = defaultdict(list)
    values = {
        "clients": [answer.window.client_id for answer in answers],
        "since": [answer.window.since for answer in answers],
        "until": [answer.window.until for answer in answers],
    }
    for row, level, day, state, content_hash, row_count in connection.execute(
        read_sql(__file__, "standing_states"), values
    ):
        place = row - 1
        if level == "campaign":
            standings[place].states[day] = state
        contents = answers[place].contents
        answered = contents[level].slices[day] if level in contents else None
        if state == "received" and answered and answered.content_hash != content_hash:
            changed[place].add(day)
            if level == "campaign" and answered.row_count < row_count:
                fewer[place].append(day)
    for place, days in changed.items():
        _load_slices(connection, answers[place], standings[place], days, fewer[place])
    for row, day, age, figures in connection.execute(
        read_sql(__file__, "standing_readings"), values
    ):
        standings[row - 1].readings.setdefault(day, []).append(Reading(age, figures))
    return standings


def _load_slices(
    connection: Connection,
    answer: Answered,
    standing: Standing,
    changed: Collection[date],
    fewer: Sequence[date],
) -> None:
    """Load the sums of changed days, and the campaigns of days with fewer rows than before."""
    client_id, account_id = answer.window.client_id, answer.account_id
    standing.slices = standing_slices(
        connection,
        client_id,
        account_id,
        levels=[*answer.contents],
        days=sorted(changed),
        action_types=answer.action_types,
    )
    if fewer:
        standing.campaigns = _campaigns(connection, client_id, account_id, sorted(fewer))


def standing_slices(
    connection: Connection,
    client_id: str,
    account_id: str,
    levels: Sequence[str],
    days: Sequence[date],
    action_types: Collection[str],
) -> dict[tuple[str, date], StandingSlice]:
    """The sums of what is stored, by level and day; of actions only those of the named types."""
    values = {
        "client": client_id,
        "account": account_id,
        "levels": levels,
        "days": days,
        "types": [*action_types],
    }
    slices: dict[tuple[str, date], StandingSlice] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for metrics in cursor.execute(read_sql(__file__, "delivery_by_level"), values):
            level, day = metrics.pop("level"), metrics.pop("date_day")
            slices[level, day] = StandingSlice(metrics)
    for array, place in (("actions", "counts"), ("action_values", "values")):
        for level, day, action_type, amount in connection.execute(
            ACTIONS.format(array=array).encode(), values
        ):
            if (level, day) in slices and amount is not None:
                getattr(slices[level, day], place)[action_type] = amount
    return slices


def _campaigns(
    connection: Connection, client_id: str, account_id: str, days: Sequence[date]
) -> dict[date, dict[str, int]]:
    campaigns: dict[date, dict[str, int]] = defaultdict(dict)
    for day, campaign_id, impressions in connection.execute(
        CAMPAIGNS, {"client": client_id, "account": account_id, "days": days}
    ):
        campaigns[day][campaign_id] = impressions
    return dict(campaigns)


def note_readings(
    connection: Connection, batch: Batch, figures: Mapping[date, Mapping[str, float]]
) -> None:
    """Store what a refused answer said of these days, for comparison with the next one.

    In the caller's transaction.
    """
    if not figures:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into quarantine.readings (client_id, date_day, batch_id, figures) "
            "values (%s, %s, %s, %s)",
            [
                (batch.client_id, day, batch.batch_id, Jsonb(dict(sums)))
                for day, sums in figures.items()
            ],
        )


def forget_readings(connection: Connection, client_id: str, days: Sequence[date]) -> None:
    """Delete the refused readings of kept days: they prove nothing about later answers."""
    connection.execute(
        "delete from quarantine.readings where client_id = %s and date_day = any(%s)",
        [client_id, list(days)],
    )
