"""A published number is followed down to the API's rows and back through its earlier values."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import (
    add_client,
    answered,
    campaign,
    days,
    entries,
    purchases,
    put_day,
    write_clients,
)
from psycopg.types.json import Jsonb

MONTH = date(2026, 11, 1)
FIRST, SECOND, THIRD = days(MONTH, date(2026, 11, 3))


@pytest.fixture
def published(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A client with three days of two campaigns, collected, landed and published."""
    clients = write_clients(
        warehouse.home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1",
        "client_id: borealis, name: Borealis, ad_account_id: act_2",
    )
    warehouse.environment = {"META_ADS_CLIENTS": str(clients), "META_ACCESS_TOKEN": "t"}

    def make() -> None:
        add_client(warehouse, "acme")
        for day in (FIRST, SECOND, THIRD):
            collect(warehouse, day, campaign("c1", **purchases(2)), campaign("c2"))
        build(dbt)

    once("explain_published", make)
    return warehouse


def build(dbt: Dbt) -> None:
    ended = dbt.build()
    assert ended.exit_code == 0, ended


def collect(warehouse: Warehouse, day: date, *campaigns: dict[str, Any], **more: Any) -> int:
    """Replace a day, with its receipts and the rows as the API sent them; returns the batch."""
    put_day(warehouse, "acme", day, *campaigns, **more)
    batch: int = warehouse.value(
        "select batch_id from ops.slice_state "
        "where client_id = 'acme' and level = 'campaign' and date_day = %s",
        [day],
    )
    for number, row in enumerate(campaigns):
        payload = answered(
            day,
            campaign_id=row["entity_id"],
            spend=str(row["spend"]),
            impressions=str(row["impressions"]),
            clicks=str(row["clicks"]),
            inline_link_clicks=str(row["link_clicks"]),
            actions=entries(row["actions"]),
            action_values=entries(row["values"]),
        )
        warehouse.execute(
            "insert into landing.insights values (%s, 'acme', 'campaign', %s, %s)",
            [batch, number, Jsonb(payload)],
        )
    for state in ("asked", "received"):
        warehouse.execute(
            "insert into ops.receipts (client_id, level, date_day, state, batch_id) "
            "values ('acme', 'campaign', %s, %s, %s)",
            [day, state, batch],
        )
    return batch


def restate(
    warehouse: Warehouse, day: date, batch: int, metric: str, before: int, after: int
) -> None:
    warehouse.execute(
        "insert into ops.restatements "
        "(client_id, date_day, metric, before, after, age_days, batch_id) "
        "values ('acme', %s, %s, %s, %s, 9, %s)",
        [day, metric, before, after, batch],
    )


def run(warehouse: Warehouse, *arguments: str, code: int = 0) -> Any:
    done = warehouse.run("explain", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def run_json(warehouse: Warehouse, *arguments: str) -> Any:
    return json.loads(run(warehouse, "acme", "2026-11", *arguments, "--json").stdout)


def latest(warehouse: Warehouse) -> int:
    number: int = warehouse.value("select max(publication_id) from ops.publications")
    return number


def test_a_clients_number_is_explained_by_its_month_and_its_campaigns(published: Warehouse) -> None:
    text = run(published, "acme", "2026-11").stdout
    first = latest(published)
    assert f"acme 2026-11: spend 60.00 EUR, unchanged since publication {first} of " in text
    assert (
        "The month is open: 3 of 14 owed days received, missing 2026-11-04 to 2026-11-14." in text
    )
    assert f"    c1 (Campaign c1): 30.00, publication {first}\n" in text
    assert f"    c2 (Campaign c2): 30.00, publication {first}\n" in text
    assert "(build): 60.00; days received: 2026-11-01 to 2026-11-03" in text
    found = run_json(published)
    assert (found["value"], found["currency"], found["publication_id"]) == ("60.00", "EUR", first)
    assert [(c["campaign_id"], c["value"]) for c in found["campaigns"]] == [
        ("c1", "30.00"),
        ("c2", "30.00"),
    ]
    assert found["state"]["month_state"] == "open"
    assert found["days"] == []
    assert found["left_out"] is None


def test_a_campaigns_number_is_followed_to_the_rows_as_meta_sent_them(published: Warehouse) -> None:
    first = latest(published)
    found = run_json(published, "--campaign", "c1")
    assert found["value"] == "30.00"
    assert [day["date_day"] for day in found["days"]] == [str(FIRST), str(SECOND), str(THIRD)]
    day = found["days"][1]
    assert (day["published"], day["publication_id"], day["differs"]) == ("10.00", first, False)
    assert (day["api_entries"], day["api_value"]) == ({"spend": "10.00"}, "10.00")
    assert day["api_row"]["campaign_id"] == "c1"
    assert day["api_row"]["actions"] == [{"action_type": "omni_purchase", "value": "2"}]
    assert [receipt["state"] for receipt in day["receipts"]] == ["asked", "received"]
    assert {receipt["batch_id"] for receipt in day["receipts"]} == {day["batch_id"]}
    text = run(published, "acme", "2026-11", "--campaign", "c1").stdout
    assert f"    2026-11-02: 10.00, publication {first}; batch {day['batch_id']}, received" in text
    assert "asked 1 times, 1 receipts; API: spend 10.00\n" in text
    assert "differs" not in text


@pytest.mark.parametrize(
    ("metric", "value", "entry"),
    [
        ("impressions", "3000", {"impressions": "1000"}),
        ("clicks", "150", {"clicks": "50"}),
        ("link_clicks", "120", {"inline_link_clicks": "40"}),
        ("conversions", "6", {"omni_purchase": "2"}),
        ("conversion_value", "60", {"omni_purchase": "20"}),
        ("purchases", "6", {"omni_purchase": "2"}),
        ("purchase_value", "60", {"omni_purchase": "20"}),
        ("purchase", "6", {"omni_purchase": "2"}),
        ("leads", "0", {}),
    ],
)
def test_every_metric_is_explained(
    published: Warehouse, metric: str, value: str, entry: dict[str, str]
) -> None:
    found = run_json(published, "--campaign", "c1", "--metric", metric)
    assert found["value"] == value
    assert {json.dumps(day["api_entries"]) for day in found["days"]} == {json.dumps(entry)}
    assert {day["differs"] for day in found["days"]} == {False}
    assert [one["value"] for one in found["earlier_values"]] == [value]
    assert run_json(published, "--metric", metric)["metric"] == metric


def test_a_family_that_is_shown_by_month_adds_up_the_counted_action_type(
    published: Warehouse, dbt: Dbt
) -> None:
    carts = {"omni_add_to_cart": 4, "add_to_cart": 9}
    collect(published, SECOND, campaign("c1", actions=carts), campaign("c2"))
    build(dbt)
    found = run_json(published, "--campaign", "c1", "--metric", "add_to_cart")
    assert found["value"] == "4"
    assert [day["api_value"] for day in found["days"]] == ["0", "4", "0"]
    assert {day["published"] for day in found["days"]} == {None}
    assert [one["value"] for one in found["earlier_values"]] == ["0", "4"]
    text = run(published, "acme", "2026-11", "--campaign", "c1", "--metric", "add_to_cart").stdout
    assert "Counted: add_to_cart as omni_add_to_cart." in text
    assert "the API's rows add up to 4, as published" in text
    assert run_json(published, "--metric", "add_to_cart")["value"] == "4"


def test_a_month_of_two_names_is_explained_by_what_each_day_counted(
    published: Warehouse, dbt: Dbt
) -> None:
    pixel = {"purchase": 5}
    collect(published, SECOND, campaign("c1", actions=pixel, values={}), campaign("c2"))
    row = campaign("c1", actions={"purchase": 9}, values={})
    collect(published, THIRD, row, campaign("c2", **purchases(7)))
    build(dbt)
    found = run_json(published, "--campaign", "c1", "--metric", "conversions")
    assert found["value"] == "7"
    # On the third the other campaign's omni_purchase is what counts.
    assert [day["api_value"] for day in found["days"]] == ["2", "5", "0"]
    assert [day["differs"] for day in found["days"]] == [False, False, False]
    text = run(published, "acme", "2026-11", "--metric", "conversions").stdout
    assert "Counted: purchase as omni_purchase, or else purchase." in text


def test_earlier_values_come_with_dates_and_reasons(published: Warehouse, dbt: Dbt) -> None:
    first = latest(published)
    batch = collect(
        published, SECOND, campaign("c1", spend=Decimal("14.00"), **purchases(2)), campaign("c2")
    )
    restate(published, SECOND, batch, "spend", 20, 24)
    collect(published, date(2026, 11, 4), campaign("c1"))
    build(dbt)
    done = published.run("publications", "rollback", str(first), "--reason", "a test account")
    assert done.returncode == 0, done.stderr
    earlier = run_json(published)["earlier_values"]
    assert [(one["kind"], one["value"]) for one in earlier] == [
        ("build", "60.00"),
        ("build", "74.00"),
        ("rollback", "60.00"),
    ]
    assert [one["reasons"] for one in earlier] == [
        ["days received: 2026-11-01 to 2026-11-03"],
        [
            "days new: 2026-11-04",
            "2026-11-02 restated at 9 days of age: spend 20 became 24 "
            f"(all campaigns, batch {batch})",
        ],
        [f"taken back to publication {first}: a test account"],
    ]
    clicks = run_json(published, "--metric", "clicks")["earlier_values"][1]["reasons"]
    assert clicks == ["days new: 2026-11-04", "other numbers were restated: spend"]
    of_campaign = run_json(published, "--campaign", "c2")["earlier_values"]
    assert [one["value"] for one in of_campaign] == ["30.00"] * 3
    text = run(published, "acme", "2026-11", "--campaign", "c1").stdout
    assert "2026-11-02: 10.00" in text
    assert "API: spend 14.00 -- differs" in text
    assert "2026-11-04: not published;" in text
    assert "was a rollback" in text


def test_a_reopened_month_and_other_rules_are_named_as_reasons(
    published: Warehouse, dbt: Dbt
) -> None:
    collect(published, SECOND, campaign("c1", clicks=51), campaign("c2"))
    build(dbt)
    second = latest(published)
    published.execute(
        "insert into ops.reopenings values (%s, 'acme', %s, 'clicks: 300 became 301')",
        [second, MONTH],
    )
    reasons = run_json(published)["earlier_values"][1]["reasons"]
    assert reasons == ["the month was final: clicks: 300 became 301"]
    published.execute("delete from ops.reopenings")
    reasons = run_json(published)["earlier_values"][1]["reasons"]
    assert reasons == ["built anew; no restatement is noted of the figures that are watched"]
    published.execute("update ops.builds set rules_hash = 'old' where state <> 'failed' ")
    published.execute(
        "update ops.builds set rules_hash = 'new' where build_id = (select max(build_id) "
        "from ops.builds)"
    )
    reasons = run_json(published)["earlier_values"][1]["reasons"]
    assert reasons == ["rebuilt with other rules"]


def test_a_change_that_is_not_published_yet_is_pending(published: Warehouse) -> None:
    collect(published, SECOND, campaign("c1", spend=Decimal("11.00"), **purchases(2)))
    found = run_json(published, "--campaign", "c1")
    assert found["state"]["is_pending"] is True
    assert [day["differs"] for day in found["days"]] == [False, True, False]
    text = run(published, "acme", "2026-11", "--campaign", "c1").stdout
    assert "Pending: its data changed since it was published" in text
    assert "they are pending, the next build publishes them" in text
    gone = run(published, "acme", "2026-11", "--campaign", "c2").stdout
    assert "without a row of this campaign -- differs" in gone


def test_a_day_that_was_mended_shows_the_row_of_its_campaign_beside_the_completed_one(
    published: Warehouse, dbt: Dbt
) -> None:
    batch = collect(published, SECOND, campaign("c1", **purchases(5)), campaign("c2"))
    published.execute(
        "update ops.slice_state set mended_from = 'adset' where date_day = %s", [SECOND]
    )
    own = answered(SECOND, campaign_id="c1", actions=entries({"link_click": 40}))
    published.execute(
        "insert into landing.witness_rows values (%s, 'acme', 'campaign', 0, %s)",
        [batch, Jsonb(own)],
    )
    build(dbt)
    arguments = ("--campaign", "c1", "--metric", "purchases")
    day = run_json(published, *arguments)["days"][1]
    assert (day["published"], day["mended_from"], day["differs"]) == ("5", "adset", False)
    assert (day["api_entries"], day["answered_entries"]) == ({"omni_purchase": "5"}, {})
    assert day["answered_row"] == own
    lines = run(published, "acme", "2026-11", *arguments).stdout.splitlines()
    (second,) = [line for line in lines if line.strip().startswith(f"{SECOND}:")]
    assert second.endswith(
        "API: omni_purchase 5 (mended from ad sets; the campaign's own row: no entry)"
    )
    assert "mended" not in "".join(line for line in lines if line != second)


def test_a_day_that_is_held_says_why_its_latest_reading_was_refused(published: Warehouse) -> None:
    published.execute(
        "update ops.slice_state set last_attempt = 'refused', "
        "last_reason = 'standing_data_vanished: purchase: 2 stands, 0 came' where date_day = %s",
        [SECOND],
    )
    arguments = ("--campaign", "c1", "--metric", "purchases")
    days = run_json(published, *arguments)["days"]
    told = "standing_data_vanished: purchase: 2 stands, 0 came"
    assert [day["refused"] for day in days] == [None, told, None]
    text = run(published, "acme", "2026-11", *arguments).stdout
    assert f"API: omni_purchase 2 -- the latest reading was refused: {told}\n" in text
    assert text.count("was refused") == 1


def test_a_month_that_the_latest_build_left_out_says_why(published: Warehouse, dbt: Dbt) -> None:
    broken = campaign("c1", spend=Decimal("11.00"))
    collect(published, SECOND, broken, totals={"spend": Decimal("99.00")})
    build(dbt)
    found = run_json(published)
    assert found["value"] == "60.00"
    assert "control_totals" in found["left_out"]["reason"]
    assert "control_totals" in {f["check"] for f in found["left_out"]["findings"]}
    text = run(published, "acme", "2026-11", "--campaign", "c1").stdout
    assert "left it out: control_totals. The marts keep what was published." in text
    assert "control_totals (blocking): spend: the account has 139.00" in text
    assert "the build left the month out (control_totals)" in text


def test_conversions_without_a_receipt_are_unknown_with_the_reason(
    published: Warehouse, dbt: Dbt
) -> None:
    first, second = date(2026, 10, 30), date(2026, 10, 31)
    collect(published, first, campaign("c1", **purchases(2)))
    put_day(published, "acme", second, campaign("c1", **purchases(2)), state="none")
    build(dbt)
    arguments = ("acme", "2026-10", "--metric", "conversions")
    found = json.loads(run(published, *arguments, "--json").stdout)
    assert (found["value"], found["earlier_values"][0]["value"]) == (None, None)
    text = run(published, *arguments, "--campaign", "c1").stdout
    assert "conversions unknown, unchanged since" in text
    assert "Unknown: 1 days of delivery without a receipt of conversions." in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody", "2026-11"), "No client nobody"),
        (("acme", "November"), "November is not a month: write it as 2026-09."),
        (("acme", "2026-11", "--metric", "fame"), "No metric fame: there are spend,"),
        (("acme", "2026-11", "--campaign", "c9"), "there are c1, c2."),
        (("borealis", "2026-11"), "borealis 2026-11 was never published;"),
        (("acme", "2026-10"), "the last attempt: never asked."),
    ],
)
def test_what_cannot_be_explained_is_refused_in_one_sentence(
    published: Warehouse, arguments: str, sentence: Any
) -> None:
    done = run(published, *arguments, code=2)
    assert done.stdout == ""
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_month_that_was_only_left_out_says_what_is_known(published: Warehouse, dbt: Dbt) -> None:
    october = date(2026, 10, 31)
    collect(published, october, campaign("c1"), totals={"spend": Decimal("99.00")})
    build(dbt)
    done = run(published, "acme", "2026-10", code=2)
    assert "The latest build left it out: control_totals" in done.stderr
    assert "1 have an answer" in done.stderr
