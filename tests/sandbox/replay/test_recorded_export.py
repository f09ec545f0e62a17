"""A recorded export is served as one account with exactly its days and its digits."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.errors import UsageError
from orchestration.exports.reader import Reading
from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.replay.account import load_replay
from orchestration.sandbox.world.model import Moment

RECORDED = """Day,Amount spent (EUR),Impressions,Clicks,Reach,Purchases,Revenue,Leads
2025-03-01,12.50,1000,20,900,2,99.90,NULL
2025-03-02,589.84691149966693,59960,486,49967,25,968.66680171584176,3
2025-03-04,0,0,0,0,0,0,0
2025-03-05,,70,,,,,
"""
MARCH = '{"since":"2025-03-01","until":"2025-03-31"}'
FIELDS = "spend,impressions,clicks,reach,actions,action_values,campaign_name,account_currency"

Writer = Callable[[str], Path]


@pytest.fixture
def recorded(tmp_path: Path) -> Writer:
    def write(text: str) -> Path:
        path = tmp_path / "export.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    path = tmp_path_factory.mktemp("replay") / "shop.csv"
    path.write_text(RECORDED, encoding="utf-8")
    options = {"account_id": "act_77", "currency": "EUR", "timezone": "Europe/Berlin"}
    with SandboxProcess(replay=path, **options) as process:
        yield process


def rows(sandbox: SandboxProcess, **params: Any) -> list[dict[str, Any]]:
    query = {"access_token": "t", "fields": FIELDS, "time_range": MARCH, **params}
    reply = requests.get(f"{sandbox.url}/v26.0/act_77/insights", params=query, timeout=20)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["data"]
    return found


@pytest.mark.parametrize("level", ["account", "campaign", "adset", "ad"])
def test_rows_carry_the_digits_of_the_file(sandbox: SandboxProcess, level: str) -> None:
    found = rows(sandbox, level=level, time_increment=1)
    assert [row["date_start"][-2:] for row in found] == ["01", "02", "04", "05"]
    assert [row.get("spend") for row in found] == ["12.50", "589.84691149966693", "0", None]
    assert found[1]["reach"] == "49967"
    assert found[1]["actions"] == [
        {"action_type": "lead", "value": "3"},
        {"action_type": "purchase", "value": "25"},
        {"action_type": "omni_purchase", "value": "25"},
    ]
    assert found[1]["action_values"][0]["value"] == "968.66680171584176"


def test_a_day_without_delivery_is_still_a_day_of_the_file(sandbox: SandboxProcess) -> None:
    empty = rows(sandbox, level="campaign", time_increment=1)[2]
    assert (empty["date_start"], empty["spend"], empty["impressions"]) == ("2025-03-04", "0", "0")
    assert "actions" not in empty
    assert empty["campaign_name"] == "Replayed"


def test_an_empty_cell_is_a_missing_metric(sandbox: SandboxProcess) -> None:
    bare = rows(sandbox, level="account", time_increment=1)[3]
    assert bare.keys() - {"account_currency", "date_start", "date_stop"} == {"impressions"}


def test_totals_over_several_days_are_exact(sandbox: SandboxProcess) -> None:
    (whole,) = rows(sandbox)
    assert whole["spend"] == "602.34691149966693"
    url = f"{sandbox.url}/sandbox/truth?account=act_77&since=2025-03-01&until=2025-03-31"
    truth = requests.get(url, timeout=20).json()
    assert truth["spend"] == whole["spend"]
    assert truth["actions"]["purchase"] == {"count": 27, "value": "1068.56680171584176"}


def test_the_account_is_what_the_options_say(sandbox: SandboxProcess) -> None:
    (account,) = requests.get(f"{sandbox.url}/sandbox/accounts", timeout=20).json()["accounts"]
    assert (account["id"], account["currency"]) == ("act_77", "EUR")
    assert (account["first_day"], account["last_day"]) == ("2025-03-01", "2025-03-05")
    assert account["name"] == "shop"


def test_at_the_suggested_clock_the_last_day_is_due(recorded: Writer) -> None:
    replay = load_replay(recorded(RECORDED))
    assert replay.suggested_now == datetime(2025, 3, 6, 12, tzinfo=UTC)
    assert (replay.first_day, replay.last_day) == (date(2025, 3, 1), date(2025, 3, 5))
    assert (replay.account.id, replay.account.currency) == ("1", "EUR")


def test_campaigns_account_and_currency_come_from_their_columns(recorded: Writer) -> None:
    text = (
        "date;account_id;currency;campaign_id;campaign_name;Kosten\n"
        "2025-03-01 00:00:00;act_55;pln;11;Spring;1\n"
        "2025-03-01 00:00:00;act_55;pln;12;Autumn;2\n"
    )
    account = load_replay(recorded(text), Reading(columns={"spend": "Kosten"})).account
    assert (account.id, account.currency) == ("55", "PLN")
    assert [(c.id, c.name) for c in account.campaigns] == [("11", "Spring"), ("12", "Autumn")]


def test_what_names_no_currency_is_in_dollars(recorded: Writer) -> None:
    plain = load_replay(recorded("date,spend,impressions\n2025-03-01,150000,9\n")).account
    rupiah = load_replay(
        recorded("date,Amount spent （IDR）,impressions\n2025-03-01,150.000,9\n")
    ).account
    assert (plain.currency, rupiah.currency) == ("USD", "IDR")


@pytest.mark.parametrize("last", [True, False])
def test_the_summary_line_of_a_month_is_not_served_as_a_day(recorded: Writer, last: bool) -> None:
    total = "2025-03-01,2025-03-02,,15.50,300"
    days = ["2025-03-01,2025-03-01,One,5.25,100", "2025-03-02,2025-03-02,One,10.25,200"]
    head = "Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Impressions"
    lines = [head, *days, total] if last else [head, total, *days]
    account = load_replay(recorded("\n".join(lines))).account
    served = [
        record.spend
        for day in (1, 2)
        for record in account.source.records(
            date(2025, 3, day), Moment(date(2025, 4, 1), Fraction(0))
        )
    ]
    assert served == [Decimal("5.25"), Decimal("10.25")]
    assert [campaign.name for campaign in account.campaigns] == ["One"]


def test_rows_of_ads_are_served_as_their_campaigns(recorded: Writer) -> None:
    text = (
        "Day,Campaign ID,Campaign name,Ad ID,Amount spent (EUR),Reach,Purchases\n"
        "2025-03-01,11,Spring,101,1.25,60,1\n2025-03-01,11,Spring,102,2.50,70,\n"
    )
    source = load_replay(recorded(text)).account.source
    (record,) = source.records(date(2025, 3, 1), Moment(date(2025, 4, 1), Fraction(0)))
    assert (record.spend, record.reach) == (Decimal("3.75"), None)
    assert record.conversions[0].types == ("purchase", "omni_purchase")
    assert record.conversions[0].counts[0] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,spend\n2025-03-01,1\n2025-03-01,2\n", "Line 3 and line 2 are both 2025-03-01"),
        ("date,spend\n01/03/2025,1\n", "Line 2, .*'01/03/2025' may be 2025-01-03 or"),
        ("date,spend\n2025-02-30,1\n", "Line 2, column date: .* not a day of the calendar"),
        ("date,spend\n2025-03-01,1\n2025-03-02,1 20\n", "Line 3, column spend: '1 20'"),
        ("date,spend\n2025-03-01\n", "Line 2 has 1 cells, the header has 2"),
        ("when,spend\n2025-03-01,1\n", "No column holds the day"),
        ("date,colour\n2025-03-01,red\n", "No column is a metric"),
        ("date,spend\n", "has no rows"),
        ("date,spend,currency\n2025-03-01,1,EUR\n2025-03-02,1,USD\n", "Line 3, column currency"),
    ],
)
def test_a_file_that_cannot_be_served_is_refused_with_the_place(
    recorded: Writer, text: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        load_replay(recorded(text))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"how": Reading(columns={"spend": "cost"})}, "no column 'cost'"),
        ({"how": Reading(currency="USD")}, "the name of an amount says EUR, --currency says USD"),
        ({"timezone_name": "Mars/Base"}, "not a time zone"),
        ({"account_id": "abc"}, "not act_ and digits"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(
    recorded: Writer, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        load_replay(recorded(RECORDED), **options)
