"""A published number is followed down to the API's rows, for every metric."""

import json
from datetime import date
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt
from explained import build, collect, latest, run, run_json
from factories import campaign, purchases, put_day
from three_days import FIRST, SECOND, THIRD


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
    said = [line for line in done.stderr.splitlines() if not line.startswith("As of ")]
    assert len(said) == 1
