"""From a landed batch to staging: every digit and name arrives, only what changed is written."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from factories import NOW, add_client, answered

from orchestration.answers.results import RESULT_FIELDS, Row
from orchestration.answers.slices import ARRAYS, COUNTS, STAGED
from orchestration.answers.window import Window
from orchestration.collection.settling.keeping import keep
from orchestration.meta_api.fields import insights_fields
from orchestration.quality.answer import Account, Answer
from orchestration.quality.gate import judge
from orchestration.warehouse.intake.batches import open_batch, record_failure
from orchestration.warehouse.intake.landing import Cost, standing_rows
from orchestration.warehouse.intake.promotion import Promotion
from orchestration.warehouse.intake.readings import load_history
from orchestration.warehouse.ledger.clients import save_account_facts

DAY, NEXT = date(2026, 11, 11), date(2026, 11, 12)
WINDOW = Window("a", DAY, NEXT)
LEAD, PURCHASE = (
    {"action_type": name, "value": "2", "1d_click": "1"} for name in ("lead", "omni_purchase")
)


@pytest.fixture
def client(warehouse: Warehouse) -> Warehouse:
    add_client(warehouse, "a", ad_account_id="act_1")
    return warehouse


def row(day: date = DAY, **changes: Any) -> Row:
    return answered(day, actions=[LEAD, PURCHASE]) | changes


def campaigns(*rows: Row) -> dict[str, list[Row]]:
    """Campaigns of which each is the whole account of its day."""
    return {
        "account": [dict(one) for one in rows],
        "campaign": [{"campaign_id": "11", **one} for one in rows],
    }


def collected(warehouse: Warehouse, rows: dict[str, list[Row]], now: str = NOW) -> Promotion:
    with warehouse.connect() as connection:
        connection.execute("select set_config('meta_ads.now', %s, false)", [now])
        about = {"run_id": "r", "api_version": "v26.0"}
        batch = open_batch(connection, "a", WINDOW.days, list(rows), about)
        history = load_history(connection, "a", DAY, NEXT)
        answer = Answer.of(
            WINDOW,
            Account(account_id="1", currency="EUR", finished_until=NEXT, due_day=NEXT),
            batch,
            rows,
            history,
        )
        (verdict,) = judge([answer])
        assert verdict.accepted_days == WINDOW.days, verdict.violations
        return keep(connection, answer, verdict, Cost(2))


def staged(warehouse: Warehouse, columns: str, table: str = "insights") -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = warehouse.rows(
        f"select {columns} from staging.{table} order by 1, 2"
    )
    return found


def test_every_digit_arrives_and_what_is_absent_is_none(client: Warehouse) -> None:
    spend = "123456789012345678.12345678901234567890"
    collected(client, campaigns(row(spend=spend, reach="7", clicks="3"), row(NEXT, spend="0.10")))
    columns = "date_day, spend::text, reach, clicks, link_clicks"
    expected = [(DAY, spend, 7, 3, 0), (NEXT, "0.10", None, 0, 0)]
    assert staged(client, columns) == expected
    assert staged(client, columns, "control_totals") == expected


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Zimní výprodej 🎿", "Zimní výprodej 🎿"),
        ('tab\tline\nquote"back\\slash', 'tab\tline\nquote"back\\slash'),
        ("a\0b", "a\ufffdb"),
        ("\\u0000 \\\\u0000", "\\u0000 \\\\u0000"),
        ("\\\0", "\\\ufffd"),
        (None, None),
    ],
)
def test_a_name_arrives_as_it_is_but_for_what_no_database_holds(
    client: Warehouse, sent: str | None, kept: str | None
) -> None:
    rows = campaigns(row())
    rows["campaign"][0]["campaign_name"] = sent
    collected(client, rows)
    assert staged(client, "date_day, campaign_name") == [(DAY, kept)]


@pytest.mark.parametrize("nothing", [{"actions": []}, {"actions": None}, {"actions": ...}])
def test_a_row_without_actions_has_none_in_staging(
    client: Warehouse, nothing: dict[str, Any]
) -> None:
    plain = {name: value for name, value in (row() | nothing).items() if value is not ...}
    assert collected(client, campaigns(plain, row(NEXT))).changed == 2
    assert {day for day, *_ in staged(client, "date_day, level", "conversions")} == {NEXT}


def test_values_without_counts_are_kept(client: Warehouse) -> None:
    only = {"actions": None, "action_values": [PURCHASE]}
    collected(client, campaigns(row() | only))
    assert staged(client, "level, actions, action_values", "conversions") == [
        ("account", [], [PURCHASE]),
        ("campaign", [], [PURCHASE]),
    ]


def test_objects_are_told_apart_by_the_id_of_their_level(client: Warehouse) -> None:
    rows = campaigns(row())
    below: dict[str, Any] = {"campaign_id": "11", "adset_id": "21"}
    rows["adset"] = [row(**below)]
    rows["ad"] = [row(**below, ad_id="31", ad_name="Ad")]
    collected(client, rows)
    columns = "level, entity_id, campaign_id, ad_set_id, ad_id, ad_name"
    assert staged(client, columns) == [
        ("ad", "31", "11", "21", "31", "Ad"),
        ("adset", "21", "11", "21", None, None),
        ("campaign", "11", "11", None, None, None),
    ]
    assert staged(client, "level, entity_id", "conversions") == [
        ("account", "1"),
        ("ad", "31"),
        ("adset", "21"),
        ("campaign", "11"),
    ]


def test_the_same_contents_in_another_order_change_nothing(client: Warehouse) -> None:
    first: dict[str, Any] = {"campaign_id": "11"}
    second: dict[str, Any] = {"campaign_id": "12"}
    rows = campaigns(row())
    rows["account"][0] |= {"spend": "21.00", "impressions": "2000", "actions": []}
    rows["campaign"] = [row(**first), row(**second)]
    collected(client, rows)
    before = staged(client, "entity_id, batch_id")
    reversed_keys = [dict(reversed(entry.items())) for entry in (PURCHASE, LEAD)]
    rows["campaign"] = [
        dict(reversed(one.items())) | {"actions": reversed_keys, "clicks": "0"}
        for one in (row(**second), row(**first))
    ]
    assert collected(client, rows).changed == 0
    assert staged(client, "entity_id, batch_id") == before


@pytest.mark.parametrize(
    "change",
    [
        {"spend": "10.51"},
        {"campaign_name": "New"},
        {"reach": "1"},
        {"actions": [LEAD]},
        {"actions": [LEAD, PURCHASE | {"1d_click": "2"}]},
        {"action_values": [PURCHASE]},
    ],
)
def test_whatever_changes_is_written_for_its_day_alone(
    client: Warehouse, change: dict[str, Any]
) -> None:
    collected(client, campaigns(row(), row(NEXT)))
    before = dict(staged(client, "date_day, batch_id"))
    assert collected(client, campaigns(row(**change), row(NEXT))).changed == 1
    after = dict(staged(client, "date_day, batch_id"))
    assert after[DAY] > before[DAY]
    assert after[NEXT] == before[NEXT]
    assert client.value(
        "select max(spend) from staging.insights where date_day = %s", [DAY]
    ) == Decimal(change.get("spend", "10.50"))


def test_rows_that_vanish_on_a_re_read_leave_with_their_day(client: Warehouse) -> None:
    collected(client, campaigns(row(), row(NEXT)))
    assert collected(client, campaigns(row(NEXT))).changed == 1
    for table in ("insights", "control_totals", "conversions"):
        assert {day for day, *_ in staged(client, "date_day, 1", table)} == {NEXT}


def test_rows_that_are_as_they_were_do_not_land_again(client: Warehouse) -> None:
    landed = "select payload ->> 'date_start', level from landing.insights where batch_id = %s"
    collected(client, campaigns(row(), row(NEXT)))
    again = collected(client, campaigns(row(), row(NEXT, spend="11.00")))
    assert (again.kept, again.changed) == (2, 1)
    batch, received = client.rows("select max(batch_id), max(row_count) from ops.batches")[0]
    assert received == 4
    assert sorted(client.rows(landed, [batch])) == [(str(NEXT), "account"), (str(NEXT), "campaign")]
    with client.connect() as connection:
        standing = standing_rows(connection, "a", WINDOW.days)
    assert [(level, one["spend"]) for level, one in standing] == [
        ("campaign", "10.50"),
        ("campaign", "11.00"),
    ]


def test_results_of_other_fields_are_staged_and_the_row_lands_as_it_came(client: Warehouse) -> None:
    contact, custom = ({"action_type": name, "value": "3"} for name in ("contact_total", "lead"))
    shared: dict[str, Any] = {
        "conversions": [contact, custom],
        "catalog_segment_actions": [PURCHASE],
    }
    values: dict[str, Any] = {"conversion_values": [contact], "catalog_segment_value": [PURCHASE]}
    collected(client, campaigns(row(**shared), row(NEXT)))
    assert collected(client, campaigns(row(**shared, **values), row(NEXT))).changed == 1
    catalog = PURCHASE | {"action_type": "catalog_segment.omni_purchase"}
    for level in ("account", "campaign"):
        found = client.rows(
            "select actions, action_values from staging.conversions "
            "where level = %s and date_day = %s",
            [level, DAY],
        )
        assert found == [([LEAD, PURCHASE, contact, catalog], [contact, catalog])]
    with client.connect() as connection:
        _, landed = standing_rows(connection, "a", [DAY])[0]
    assert landed["actions"] == [LEAD, PURCHASE]
    assert landed["conversions"] == [contact, custom]
    again = collected(client, campaigns(row(**shared, **values), row(NEXT)))
    assert (again.kept, again.changed) == (2, 0)


def test_what_was_warned_of_once_is_known_from_then_on_and_its_warning_closes(
    client: Warehouse,
) -> None:
    told = (
        "select date_day, closed_at is null from quarantine.violations "
        "where rule = 'known_action_types' order by violation_id"
    )
    alias = LEAD | {"action_type": "lead_v2"}
    odd = campaigns(row(actions=[alias]), row(NEXT, actions=[alias]))
    collected(client, odd)
    assert client.rows("select client_id, rule, subject, first_day from ops.known_oddities") == [
        ("a", "known_action_types", "lead_v2", DAY)
    ]
    assert client.rows(told) == [(DAY, True)]
    collected(client, odd)
    assert client.rows(told) == [(DAY, False)]
    assert client.value("select count(*) from ops.known_oddities") == 1


def test_an_oddity_of_whatever_name_is_kept(client: Warehouse) -> None:
    name = "a\0b" + "ü" * 5_000
    collected(client, campaigns(row(actions=[LEAD | {"action_type": name}]), row(NEXT)))
    kept = client.value("select subject from ops.known_oddities")
    assert kept.startswith("a\ufffdbü")


def test_no_text_of_metas_keeps_the_ledger_from_being_written(client: Warehouse) -> None:
    with client.connect() as connection:
        save_account_facts(connection, "a", "Ac\0me", "EUR", "UTC")
        about = {"run_id": "r", "api_version": "v26.0"}
        batch = open_batch(connection, "a", WINDOW.days, ["account", "campaign"], about)
        attempts = [{"at": "2026-11-15", "error": "b\0d"}]
        error = ValueError("b\0d")
        record_failure(connection, "a", batch, ["account", "campaign"], error, attempts)
    assert client.rows("select account_name from ops.clients") == [("Ac\ufffdme",)]
    ((reason, told),) = client.rows("select reason, attempts from ops.failed_collections")
    assert (reason, told[0]["error"]) == ("b\ufffdd", "b\ufffdd")


def test_every_field_that_is_staged_tells_a_change(client: Warehouse) -> None:
    columns = client.rows(
        "select attname from pg_attribute "
        "where attrelid = 'landing.unfolded_insights'::regclass and attnum > 0"
    )
    key = {"batch_id", "client_id", "level", "row_number", "entity_id", "date_start"}
    fields = {name for (name,) in columns} - key
    assert fields == {*STAGED, *COUNTS, *ARRAYS}
    # The results of other fields are in the arrays.
    assert fields | {*RESULT_FIELDS} == {*insights_fields("ad")}


@pytest.mark.parametrize(
    ("read_for", "now", "was_final"),
    [
        ("2026-12-31", "2027-01-15", True),
        (str(NEXT), "2027-01-15", False),
        ("2026-12-31", NOW, False),
    ],
    ids=["read for the last time", "still to be read", "the month is open"],
)
def test_a_change_notes_whether_the_month_was_final_before_it(
    warehouse: Warehouse, read_for: str, now: str, was_final: bool
) -> None:
    add_client(warehouse, "a", ad_account_id="act_1", owed_since=DAY, ends_on=NEXT)
    collected(warehouse, campaigns(row(), row(NEXT)))
    warehouse.execute("update ops.client_months set published_version = version")
    collected(warehouse, campaigns(row(), row(NEXT)), now)
    noted = "select was_final, published_version = version from ops.client_months"
    assert warehouse.rows(noted) == [(False, True)]
    warehouse.execute("update ops.slice_state set read_for = %s", [read_for])
    collected(warehouse, campaigns(row(spend="11"), row(NEXT)), now)
    # The answer itself was read for a day within the lookback: what counts is what stood before.
    assert warehouse.rows(noted) == [(was_final, False)]
