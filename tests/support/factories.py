"""Settings and small hand-made rows for the ledger and staging; defaults are overridden by name.

What is not said is plausible and consistent: the account's own answer is the sum of its campaigns.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import AliasChoices

from orchestration.settings import Settings

NOW = "2026-11-15T12:00:00+00:00"
"""The business time of the tests: no test reads a clock that it does not own."""
LATEST_DUE_DAY = date(2026, 11, 14)
"""The latest day that is due in UTC at the tests' business time."""
MEASURES = ("spend", "impressions", "reach", "clicks", "link_clicks")

Amounts = Mapping[str, Any]


def settings_of(**values: Any) -> Settings:
    """Settings by the names of their fields; the rest from the environment."""
    return Settings(_env_file=None, **{_variable(name): v for name, v in values.items()})


def _variable(field: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[field].validation_alias
    assert isinstance(alias, AliasChoices)
    return str(alias.choices[0])


def write_clients(path: Path, *entries: str) -> Path:
    """A clients file; each entry is written as one line of YAML."""
    lines = "".join(f"  - {{{entry}}}\n" for entry in entries)
    path.write_text(f"clients:\n{lines}", encoding="utf-8")
    return path


def add_client(warehouse: Any, client_id: str, **changes: Any) -> str:
    """One client in the ledger; by default its days are owed from the 1st of November."""
    values: dict[str, Any] = {
        "client_id": client_id,
        "name": client_id.title(),
        "ad_account_id": f"act_{client_id}",
        "status": "active",
        "expects_conversions": True,
        "levels": ["campaign"],
        "starts_on": None,
        "ends_on": None,
        "owed_since": date(2026, 11, 1),
        "timezone_name": "UTC",
        "currency": "EUR",
    }
    values |= changes
    _insert(warehouse, "ops.clients", values)
    return client_id


def answered(day: date, **changes: Any) -> dict[str, Any]:
    """What the API says of a day of the ad account 1: its own row, or with ids one below it."""
    row: dict[str, Any] = {
        "account_id": "1",
        "account_currency": "EUR",
        "date_start": str(day),
        "date_stop": str(day),
        "spend": "10.50",
        "impressions": "1000",
    }
    return row | changes


def campaign(campaign_id: str = "c1", **changes: Any) -> dict[str, Any]:
    """A campaign's day. `actions` and `values` map an action type to an amount or its windows."""
    row: dict[str, Any] = {
        "entity_id": campaign_id,
        "campaign_name": f"Campaign {campaign_id}",
        "currency": "EUR",
        "spend": Decimal("10.00"),
        "impressions": 1000,
        "reach": 800,
        "clicks": 50,
        "link_clicks": 40,
        "actions": {},
        "values": {},
    }
    return row | changes


def purchases(count: int, value: int | None = None) -> dict[str, Amounts]:
    """Purchases of a campaign: their number, and their value, ten for each unless told."""
    return {
        "actions": {"omni_purchase": count},
        "values": {"omni_purchase": 10 * count if value is None else value},
    }


def put_day(
    warehouse: Any, client_id: str, day: date, *campaigns: Mapping[str, Any], **more: Any
) -> None:
    """Replace a client-day as the collection does, in one transaction, with a new version.

    Below the campaigns each has one ad set, which has one ad. The options are those of `_put_day`:
    `account` replaces what the account says of its conversions, `totals` parts of the total.
    """
    with warehouse.connect() as connection:
        _put_day(connection, client_id, day, *campaigns, **more)


def _put_day(
    connection: Any,
    client_id: str,
    day: date,
    *campaigns: Mapping[str, Any],
    state: str = "received",
    account: Mapping[str, Amounts] | None = None,
    totals: Mapping[str, Any] | None = None,
    read_for: date = LATEST_DUE_DAY,
    levels: Iterable[str] = ("account", "campaign"),
) -> None:
    batch = connection.execute(
        "insert into ops.batches (client_id, since, until, state, api_version) "
        "values (%s, %s, %s, 'kept', 'v26.0') returning batch_id",
        [client_id, day, day],
    ).fetchone()[0]
    for table in ("insights", "conversions", "control_totals"):
        connection.execute(
            f"delete from staging.{table} where client_id = %s and date_day = %s",
            [client_id, day],
        )
    key = {"client_id": client_id, "account_id": client_id, "date_day": day, "batch_id": batch}
    for row in campaigns:
        for level in set(levels) - {"account"}:
            _insert_object(connection, key, level, row)
    sums = _sums(campaigns)
    if campaigns or totals:
        _insert_into(
            connection, "staging.control_totals", key | sums["totals"] | dict(totals or {})
        )
    arrays = {"actions": sums["actions"], "values": sums["values"]} | dict(account or {})
    _insert_arrays(connection, key, "account", client_id, arrays)
    for level in levels:
        _write_slice(connection, key, level, state, len(campaigns), read_for)
    _touch_month(connection, client_id, day)


def put_month(
    warehouse: Any, client_id: str, days: Iterable[date], *campaigns: Mapping[str, Any], **more: Any
) -> None:
    """The same campaigns on each of the days."""
    with warehouse.connect() as connection:
        for day in days:
            _put_day(connection, client_id, day, *campaigns, **more)


def touch_month(warehouse: Any, client_id: str, day: date) -> None:
    """A new version of the day's client-month: it is to be built again."""
    with warehouse.connect() as connection:
        _touch_month(connection, client_id, day)


def _touch_month(connection: Any, client_id: str, day: date) -> None:
    connection.execute(
        "insert into ops.client_months as m (client_id, month, version) "
        "values (%s, %s, nextval('ops.version_seq')) "
        "on conflict (client_id, month) do update set version = excluded.version",
        [client_id, day.replace(day=1)],
    )


def days(since: date, until: date) -> list[date]:
    """Every day of a range."""
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def entries(amounts: Amounts) -> list[dict[str, str]]:
    """An array of the Insights API: one entry per action type, amounts as strings."""
    return [
        {"action_type": action_type}
        | {
            window: str(amount)
            for window, amount in (
                windows if isinstance(windows, Mapping) else {"value": windows}
            ).items()
        }
        for action_type, windows in amounts.items()
    ]


def _insert_object(
    connection: Any, key: Mapping[str, Any], level: str, row: Mapping[str, Any]
) -> None:
    """The row of a campaign, or the same as that of its ad set or ad."""
    delivery = {name: row[name] for name in (*MEASURES, "campaign_name", "currency")}
    campaign_id, name = row["entity_id"], row["campaign_name"]
    ids = {"campaign_id": campaign_id}
    if level in ("adset", "ad"):
        ids |= {"ad_set_id": f"{campaign_id}-set", "ad_set_name": f"Set of {name}"}
    if level == "ad":
        ids |= {"ad_id": f"{campaign_id}-ad", "ad_name": f"Ad of {name}"}
    entity_id = {"adset": ids.get("ad_set_id"), "ad": ids.get("ad_id")}.get(level, campaign_id)
    values = dict(key) | delivery | ids | {"level": level, "entity_id": entity_id}
    _insert_into(connection, "staging.insights", values)
    _insert_arrays(connection, key, level, str(entity_id), row)


def _insert_arrays(
    connection: Any, key: Mapping[str, Any], level: str, entity_id: str, row: Mapping[str, Any]
) -> None:
    if not row["actions"] and not row["values"]:
        return
    arrays = {
        "actions": Jsonb(entries(row["actions"])),
        "action_values": Jsonb(entries(row["values"])),
    }
    values = dict(key) | arrays | {"level": level, "entity_id": entity_id}
    _insert_into(connection, "staging.conversions", values)


def _write_slice(
    connection: Any, key: Mapping[str, Any], level: str, state: str, rows: int, read_for: date
) -> None:
    attempt = "refused" if state == "none" else state
    connection.execute(
        "insert into ops.slice_state (client_id, level, date_day, state, row_count, batch_id, "
        "received_at, read_for, last_attempt, last_attempt_at, last_batch_id) "
        "values (%(client_id)s, %(level)s, %(date_day)s, %(state)s, %(rows)s, %(batch_id)s, "
        "now(), %(read_for)s, %(attempt)s, now(), %(batch_id)s) "
        "on conflict (client_id, level, date_day) do update set (state, row_count, batch_id, "
        "read_for, last_attempt) = (excluded.state, excluded.row_count, excluded.batch_id, "
        "excluded.read_for, excluded.last_attempt)",
        dict(key)
        | {"level": level, "state": state, "rows": rows, "read_for": read_for, "attempt": attempt},
    )


def _sums(campaigns: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    totals: dict[str, Any] = {"currency": "EUR"} | dict.fromkeys(MEASURES, 0)
    arrays: dict[str, dict[str, Any]] = {}
    for name in ("actions", "values"):
        arrays[name] = {}
        for row in campaigns:
            for action_type, amount in row[name].items():
                windows = amount if isinstance(amount, Mapping) else {"value": amount}
                total = arrays[name].setdefault(action_type, defaultdict(int))
                for window, number in windows.items():
                    total[window] += number
    for row in campaigns:
        totals["currency"] = row["currency"]
        for name in MEASURES:
            totals[name] += row[name]
    return {"totals": totals, **arrays}


def _insert(warehouse: Any, table: str, values: Mapping[str, Any]) -> None:
    with warehouse.connect() as connection:
        _insert_into(connection, table, values)


def _insert_into(connection: Any, table: str, values: Mapping[str, Any]) -> None:
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    connection.execute(f"insert into {table} ({names}) values ({places})", values)
