"""The past of a client's days, for judging an answer: earlier figures, doubts, decisions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from orchestration.answers.history import REFERENCE_DAYS, History
from orchestration.answers.slices import Batch
from orchestration.answers.window import Window
from orchestration.expectations.catalogue import RULES
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

CONFIRMED_BY_TIME = [name for name, rule in RULES.items() if rule.is_confirmed_by_time]


def load_history(connection: Connection, client_id: str, since: date, until: date) -> History:
    """The past of a client that matters for judging these days."""
    return load_histories(connection, [Window(client_id, since, until)])[0]


def load_histories(connection: Connection, windows: Sequence[Window]) -> list[History]:
    """The past that matters for judging each window; a statement serves all of them."""
    histories = [History() for _ in windows]
    values = {
        "clients": [window.client_id for window in windows],
        "first": [window.since - timedelta(days=REFERENCE_DAYS) for window in windows],
        "since": [window.since for window in windows],
        "until": [window.until for window in windows],
        "rules": ["confirmed_zero", "zero_is_plausible", *CONFIRMED_BY_TIME],
    }
    for place, day, metric, age, after in connection.execute(
        read_sql(__file__, "history_readings"), values
    ):
        metrics = histories[place - 1].readings.setdefault(day, {})
        metrics.setdefault(metric, []).append((age, after))
    for place, day, rule, age in connection.execute(read_sql(__file__, "history_doubts"), values):
        _note_doubt(histories[place - 1], day, rule, age)
    for place, expects, quiet, released, oddities in connection.execute(
        read_sql(__file__, "history_clients"), values
    ):
        history = histories[place - 1]
        history.expects_conversions, history.quiet = bool(expects), {*quiet}
        history.known_oddities = {(rule, subject) for rule, subject in oddities or ()}
        for day, rules in released or ():
            history.released.setdefault(date.fromisoformat(day), set()).update(rules)
    return histories


def _note_doubt(history: History, day: date, rule: str, age: timedelta) -> None:
    """Note what the gate doubts of a day, and for how long it has."""
    if rule == "confirmed_zero":
        history.confirmed.add(day)
    elif rule == "zero_is_plausible":
        history.doubted_for[day] = age
    else:
        history.doubts[day, rule] = age


def note_figures(
    connection: Connection, batch: Batch, figures: Mapping[date, Mapping[str, Decimal]]
) -> None:
    """Log which figures of these days differ from the last reading of them.

    A first reading has no `before`. In the caller's transaction, with the change of staging.
    """
    latest: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for day, metric, after in connection.execute(
        "select distinct on (date_day, metric) date_day, metric, after from ops.restatements "
        "where client_id = %s and date_day = any(%s) "
        "order by date_day, metric, restatement_id desc",
        [batch.client_id, list(figures)],
    ):
        latest[day][metric] = after
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy ops.restatements "
            "(client_id, date_day, metric, before, after, age_days, batch_id) from stdin"
        ) as copy,
    ):
        for day, now in figures.items():
            before = latest.get(day)
            for metric in sorted({*now, *(before or {})}):
                old = None if before is None else before.get(metric, Decimal(0))
                new = now.get(metric, Decimal(0))
                if new != (old or 0) or (before is None and metric == "spend"):
                    age = (batch.read_for - day).days
                    copy.write_row((batch.client_id, day, metric, old, new, age, batch.batch_id))
