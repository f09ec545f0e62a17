"""Why a number changed, is pending, held or left out: earlier values with dates and reasons."""

from datetime import date
from decimal import Decimal

from databases import Warehouse
from dbt_runs import Dbt
from explained import build, collect, latest, run, run_json
from factories import answered, campaign, entries, purchases
from psycopg.types.json import Jsonb
from three_days import MONTH, SECOND


def restate(
    warehouse: Warehouse, day: date, batch: int, metric: str, before: int, after: int
) -> None:
    warehouse.execute(
        "insert into ops.restatements "
        "(client_id, date_day, metric, before, after, age_days, batch_id) "
        "values ('acme', %s, %s, %s, %s, 9, %s)",
        [day, metric, before, after, batch],
    )


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
    in_words = (
        "Less came than stands for the day, and the loss is more than Meta's corrections explain "
        "(purchase: 2 stands, 0 came)"
    )
    assert f"API: omni_purchase 2 -- the latest reading was refused: {in_words}\n" in text
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
    why = "The month's campaigns add up to less than the account"
    assert f"left it out: {why}. The marts keep what was published." in text
    assert f"{why} (blocking): spend: the account has 139.00" in text
    assert f"the build left the month out ({why})" in text


def test_a_month_that_was_only_left_out_says_what_is_known(published: Warehouse, dbt: Dbt) -> None:
    october = date(2026, 10, 31)
    collect(published, october, campaign("c1"), totals={"spend": Decimal("99.00")})
    build(dbt)
    done = run(published, "acme", "2026-10", code=2)
    assert "The latest build left it out: The month's campaigns add up to less" in done.stderr
    assert "1 have an answer" in done.stderr
