"""What was published when: listed, shown and compared, as a command and as JSON."""

import pytest
from databases import Warehouse
from publication_steps import ids, run, run_json
from three_days import SECOND


def test_the_list_names_each_publication_newest_first(changed: Warehouse) -> None:
    first, second = ids(changed)
    found = run_json(changed, "list")["publications"]
    assert [(p["publication_id"], p["kind"], p["client_months"]) for p in found] == [
        (second, "build", 2),
        (first, "build", 2),
    ]
    assert found[1]["rows_ended"] == 0
    assert found[0]["business_time"].startswith("2026-11-15T12:00:00")
    assert len(run_json(changed, "list", "--limit", "1")["publications"]) == 1
    lines = run(changed, "list").stdout.splitlines()
    assert lines[0].split()[0] == "id"
    assert [line.split()[0] for line in lines[1:]] == [str(second), str(first)]


def test_a_warehouse_without_publications_says_how_to_get_one(warehouse: Warehouse) -> None:
    assert "Nothing is published yet: meta-ads run" in run(warehouse, "list").stdout
    assert run_json(warehouse, "list") == {"publications": []}


def test_a_publication_is_shown_with_rows_and_sums_of_what_it_changed(changed: Warehouse) -> None:
    _, second = ids(changed)
    found = run_json(changed, "show", str(second), "--client", "acme")
    assert {line["client_id"] for line in found["manifest"]} == {"acme"}
    monthly = next(x for x in found["manifest"] if x["mart"] == "monthly_campaign_metrics")
    assert (monthly["month"], monthly["row_count"]) == ("2026-11-01", 1)
    assert (monthly["sums"]["spend"], monthly["sums"]["clicks"]) == ("32.50", "150")
    assert found["reopenings"] == []
    text = run(changed, "show", str(second)).stdout
    assert f"Publication {second} (build)" in text
    assert "business time 2026-11-15 12:00:00" in text
    assert "borealis 2026-11" in text


def test_reopened_months_are_shown_with_the_publication(changed: Warehouse) -> None:
    _, second = ids(changed)
    changed.execute(
        "insert into ops.reopenings values (%s, 'acme', '2026-11-01', 'spend: 60 became 32.50')",
        [second],
    )
    text = run(changed, "show", str(second)).stdout
    assert "acme 2026-11 was final: spend: 60 became 32.50" in text
    assert run_json(changed, "show", str(second), "--client", "borealis")["reopenings"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "99"),
        ("diff", "0", "99"),
        ("rollback", "99", "--reason", "x"),
        ("show", "1", "--client", "nobody"),
        ("rollback", "1", "--client", "nobody", "--reason", "x"),
        ("rollback", "1", "--reason", " "),
    ],
)
def test_what_does_not_exist_is_refused_in_one_sentence(
    published: Warehouse, arguments: str
) -> None:
    done = run(published, *arguments, code=2)
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.startswith("As of ")]
    assert len(said) == 1


def test_a_diff_names_what_changed_from_what_to_what(changed: Warehouse) -> None:
    first, second = map(str, ids(changed))
    found = run_json(changed, "diff", first, second)["changes"]
    changes = {
        (c["client_id"], c["campaign_id"], c["conversion_family"], c["metric"]): (
            c["before"],
            c["after"],
            c["change"],
        )
        for c in found
    }
    assert changes[("acme", "c1", None, "spend")] == ("30.00", "32.50", "changed")
    assert changes[("acme", "c1", "purchase", "conversions")] == ("6", "15", "changed")
    assert changes[("borealis", "c1", "purchase", "conversion_value")] == ("60", "70", "changed")
    assert changes[("acme", "c2", None, "spend")] == ("30.00", None, "vanished")
    assert ("borealis", "c1", None, "spend") not in changes
    assert {c["mart"] for c in found} == {"monthly_campaign_metrics", "monthly_conversion_metrics"}


def test_a_diff_may_be_read_the_other_way_and_from_before_the_first(changed: Warehouse) -> None:
    first, second = map(str, ids(changed))
    there = run_json(changed, "diff", first, second)["changes"]
    back = run_json(changed, "diff", second, first)["changes"]
    assert sorted((c["metric"], str(c["before"]), str(c["after"])) for c in there) == sorted(
        (c["metric"], str(c["after"]), str(c["before"])) for c in back
    )
    new = run_json(changed, "diff", "0", first)["changes"]
    assert {c["change"] for c in new} == {"appeared"}
    assert {c["before"] for c in new} == {None}
    same = run(changed, "diff", first, first).stdout
    assert same == f"The marts are the same as of publications {first} and {first}.\n"


def test_a_diff_shows_days_where_they_are_asked_for_and_one_client_alone(
    changed: Warehouse,
) -> None:
    first, second = map(str, ids(changed))
    found = run_json(changed, "diff", first, second, "--days", "--client", "borealis")["changes"]
    assert {c["client_id"] for c in found} == {"borealis"}
    daily = {c["metric"]: (c["before"], c["after"]) for c in found if c["date_day"]}
    assert daily["purchases"] == ("2", "3")
    assert {c["date_day"] for c in found} == {None, str(SECOND)}
    text = run(changed, "diff", first, second, "--days").stdout
    assert any(
        line.split()[:4] == ["acme", "c1", "2026-11-02", "spend"] for line in text.split("\n")
    )
    assert "row vanished" in text
