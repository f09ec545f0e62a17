"""What a promotion writes beside staging: raw rows, warnings, restatements, final months."""

from typing import Any

import pytest
from databases import Warehouse
from factories import NOW, add_client
from promotions import DAY, LEAD, NEXT, PURCHASE, WINDOW, campaigns, collected, row

from orchestration.answers.results import RESULT_FIELDS
from orchestration.answers.slices import ARRAYS, COUNTS, STAGED
from orchestration.meta_api.fields import insights_fields
from orchestration.warehouse.intake.batches import open_batch, record_failure
from orchestration.warehouse.intake.landing import standing_rows
from orchestration.warehouse.ledger.clients import save_account_facts


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
