"""An export of Ads Manager against the marts: every difference is said, with its likely cause."""

from databases import Warehouse
from export_files import written_to
from factories import days
from files_world import (
    CLIENT,
    DELETED,
    FIRST,
    LAST,
    MONTH,
    OWED,
    REFUSED,
    RESTATED,
    STEADY,
    added,
    causes,
    exported,
    reconciled,
    row_of,
)
from places import dump_all


def test_what_was_exported_agrees(published: Warehouse) -> None:
    before = dump_all(published)
    for level, ending in (("campaign", "csv"), ("campaign", "xlsx"), ("account", "csv")):
        file, mart = published.home / f"week.{ending}", f"daily_{level}_performance"
        done = published.run("export", mart, "--client", CLIENT, "--out", str(file))
        assert done.returncode == 0, done.stderr
        done = published.run("reconcile", str(file))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Verdict: agrees. All " in done.stdout
    assert dump_all(published) == before


def test_each_fault_has_its_cause_and_none_hides_another(published: Warehouse) -> None:
    rows = exported(published)
    row_of(rows, STEADY, RESTATED)["spend"] = "13.25"
    added(row_of(rows, STEADY, FIRST), impressions=5)
    added(row_of(rows, STEADY, LAST), impressions=-5)
    template = row_of(rows, STEADY, LAST)
    for day in (REFUSED, OWED):
        rows.append(template | {"start": str(day), "end": str(day), "purchases": ""})
    rows = [row for row in rows if row["campaign_id"] != DELETED]
    found = reconciled(published, rows, without=["link_clicks", "clicks", "purchase_value"])
    by_cause: dict[str, set[tuple[str, str, str]]] = {}
    for *what, cause in causes(found):
        by_cause.setdefault(cause, set()).add((what[0], what[1], what[2]))
    assert by_cause["restated"] == {(str(RESTATED), STEADY, "spend")}
    assert by_cause["refused_day"] == {
        (str(REFUSED), STEADY, "spend"),
        (str(REFUSED), STEADY, "impressions"),
    }
    assert by_cause["gap"] == {(str(OWED), STEADY, "spend"), (str(OWED), STEADY, "impressions")}
    # They cancel in the total, and are no pattern of several days.
    assert by_cause["still_changes"] == {
        (str(FIRST), STEADY, "impressions"),
        (str(LAST), STEADY, "impressions"),
    }
    assert by_cause["deleted_campaign"] == {
        (str(day), DELETED, metric)
        for day in days(FIRST, LAST)
        for metric in ("spend", "impressions", "leads")
    }
    (restated,) = [each for each in found["differences"] if each["cause"] == "restated"]
    assert restated["is_proven"]
    assert "publication 2 of " in restated["why"]
    assert found["verdict"].startswith("Verdict: differs. ")


def test_differences_that_cancel_are_said_beside_the_total_that_agrees(
    published: Warehouse,
) -> None:
    rows = exported(published)
    added(row_of(rows, STEADY, FIRST), spend="0.01")
    added(row_of(rows, DELETED, LAST), spend="-0.01")
    found = reconciled(published, rows)
    assert [each[:3] for each in causes(found)] == [
        (str(FIRST), STEADY, "spend"),
        (str(LAST), DELETED, "spend"),
    ]
    assert "The totals of spend agree all the same." in found["verdict"]


def test_the_same_conversions_on_other_days_are_another_reporting_time(
    published: Warehouse,
) -> None:
    rows = exported(published)
    added(row_of(rows, STEADY, FIRST), purchases=2)
    added(row_of(rows, STEADY, LAST), purchases=-2)
    added(row_of(rows, DELETED, FIRST), leads=1)
    assert causes(reconciled(published, rows)) == [
        (str(FIRST), STEADY, "purchases", "reporting_time"),
        (str(FIRST), DELETED, "leads", "attribution_window"),
        (str(LAST), STEADY, "purchases", "reporting_time"),
    ]


def test_delivery_on_neighbouring_days_is_another_time_zone(published: Warehouse) -> None:
    rows = exported(published)
    for number, day in enumerate(days(FIRST, LAST)):
        shift = (90, -40, -70, 60, 30, -50, -10)[number]
        added(row_of(rows, STEADY, day), impressions=shift, clicks=shift // 10)
    found = reconciled(published, rows)
    assert {cause for *_, cause in causes(found)} == {"time_zone"}
    assert len(found["differences"]) == 14


def test_rows_of_months_by_name_are_compared_with_the_sum_of_their_days(
    published: Warehouse,
) -> None:
    month = {"start": MONTH[0], "end": MONTH[1], "campaign_name": "Campaign 11"}
    spent = {"spend": "99.75", "impressions": "6328", "add_to_cart": "14"}
    # Spent as before the restatement; 28 purchases, of which 21 within a week of a click.
    found = reconciled(published, [month | spent | {"purchases": "21"}])
    assert [
        (each["metric"], each["exported"], each["published"], each["cause"], each["is_proven"])
        for each in found["differences"]
        if each["campaign_id"] == STEADY
    ] == [
        ("spend", "99.75", "186.49", "restated", True),
        ("purchases", "21", "28", "attribution_window", True),
    ]
    assert {"spend", "impressions", "add_to_cart"} <= {*found["metrics"]}
    assert {each["cause"] for each in found["differences"] if each["campaign_id"] == DELETED} == {
        "deleted_campaign"
    }
    # A file is no report of a part of the month where a family is known by months alone.
    part = month | {"end": str(RESTATED)}
    found = reconciled(published, [part | spent])
    assert "add_to_cart" in found["not_compared"]


def test_amounts_may_differ_by_their_rounding_and_by_no_more(published: Warehouse) -> None:
    rows = exported(published)
    added(row_of(rows, STEADY, FIRST), spend="0.005")
    found = reconciled(published, rows, code=0)
    assert (found["rounded"], found["agrees"]) == (1, True)
    added(row_of(rows, STEADY, FIRST), spend="0.001")
    assert len(reconciled(published, rows)["differences"]) == 1


DAY_OF = "Day,{},Amount spent ({})\n2026-11-01,{},{}\n"
REFUSALS: list[tuple[tuple[str, ...], tuple[str, ...], str]] = [
    (("Campaign ID", "USD", "11", "1"), (), "is in USD"),
    (("Campaign ID", "EUR", "21", "1"), (), "is in EUR"),
    (("Campaign ID", "EUR", "21", "1"), ("--client", CLIENT), "Line 2: the campaign 21 belongs to"),
    (("Account ID", "EUR", "7", "1"), (), "say whose it is with --client"),
    (("Account ID", "EUR", "7", "1"), ("--client", CLIENT), "ad account 7, and acme has acme"),
    (("Campaign name", "EUR", "Other", "1"), ("--client", CLIENT), "has no campaign of acme"),
    (("Campaign ID", "EUR", "11", ""), (), "no row with a number"),
]


def test_a_file_of_somebody_else_is_refused(published: Warehouse) -> None:
    for values, options, words in REFUSALS:
        file = written_to(published.home, DAY_OF.format(*values), "other.csv")
        done = published.run("reconcile", str(file), *options)
        assert (done.returncode, done.stdout) == (2, ""), values
        assert words in done.stderr
