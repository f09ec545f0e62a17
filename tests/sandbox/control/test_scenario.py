"""A scripted day: steps happen by the sandbox's clock, and a wrong file is refused by its step."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sandbox_support import call, steer

from orchestration.errors import MetaAdsError, UsageError
from orchestration.sandbox.control import scenario as module
from orchestration.sandbox.control.scenario import load_scenario
from orchestration.sandbox.process import SandboxProcess

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
SCENARIOS = Path(module.__file__).parents[1] / "scenarios"
EXAMPLE = SCENARIOS / "bad_morning.yml"
Writer = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Writer:
    def write(text: str) -> Path:
        path = tmp_path / "day.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_steps_happen_when_their_time_has_come(written: Writer) -> None:
    path = written(
        """
- at: "06:00"
  note: an outage begins
  faults: [{kind: http_503, id: outage}, {kind: slow, seconds: 0, id: sluggish}]
- after: 90m
  clear: [outage]
- at: 2026-11-23T08:00:00Z
  clear: true
  clock: {advance: 1d}
"""
    )
    with SandboxProcess(now=NOW, scenario=path) as sandbox:
        assert call(sandbox, "me").status_code == 200
        steer(sandbox, "clock", "POST", advance="1h")
        assert call(sandbox, "me").status_code == 503
        steer(sandbox, "clock", "POST", advance="30m")
        assert call(sandbox, "me").status_code == 200
        assert [fault["id"] for fault in steer(sandbox, "faults")["faults"]] == ["sluggish"]
        steer(sandbox, "clock", "POST", advance="2h")
        assert call(sandbox, "me").status_code == 200
        assert steer(sandbox, "faults")["faults"] == []
        assert steer(sandbox, "clock")["now"].startswith("2026-11-24T08:30")


def test_a_step_happens_once(written: Writer) -> None:
    path = written("- {after: 0m, faults: [{kind: http_500}]}\n")
    with SandboxProcess(now=NOW, scenario=path) as sandbox:
        assert call(sandbox, "me").status_code == 500
        steer(sandbox, "faults", "DELETE")
        assert call(sandbox, "me").status_code == 200


def test_the_example_plays_through() -> None:
    with SandboxProcess(now=NOW, scenario=EXAMPLE) as sandbox:
        steer(sandbox, "clock", "POST", now="2026-11-23T06:01:00Z")
        assert call(sandbox, "me").status_code == 503
        steer(sandbox, "clock", "POST", now="2026-11-23T10:00:00Z")
        assert call(sandbox, "me").status_code == 200
        assert steer(sandbox, "faults")["faults"] == []


def days_without_purchases(sandbox: SandboxProcess, level: str) -> list[str]:
    """Those of November and December of which the level names no purchase."""
    query = {
        "level": level,
        "time_increment": "1",
        "time_range": json.dumps({"since": "2026-11-01", "until": "2026-12-06"}),
        "limit": "5000",
        "fields": "impressions,actions",
    }
    found = call(sandbox, "act_1001/insights", params=query).json()["data"]
    told = {
        row["date_start"]
        for row in found
        if any(entry["action_type"] == "purchase" for entry in row.get("actions", ()))
    }
    return sorted({row["date_start"] for row in found} - told)


def test_two_weeks_lose_purchases_at_the_upper_levels_from_tuesday_to_friday() -> None:
    path = SCENARIOS / "two_weeks_upper_levels.yml"
    lost = [f"2026-11-{day}" for day in range(17, 25)]
    with SandboxProcess(now=NOW, scenario=path) as sandbox:
        for now, gone in (
            ("2026-11-24T04:59:00Z", []),
            ("2026-11-24T05:00:00Z", lost),
            ("2026-11-27T04:59:00Z", [*lost, "2026-11-25", "2026-11-26", "2026-11-27"]),
            ("2026-11-27T05:00:00Z", []),
            ("2026-12-06T12:00:00Z", []),
        ):
            steer(sandbox, "clock", "POST", now=now)
            assert days_without_purchases(sandbox, "campaign") == gone
            assert days_without_purchases(sandbox, "account") == gone
            assert days_without_purchases(sandbox, "adset") == []


def test_a_vanished_day_is_gone_at_all_levels_for_thirty_hours() -> None:
    path = SCENARIOS / "vanished_day.yml"
    with SandboxProcess(now=NOW, scenario=path) as sandbox:
        for now, gone in (
            ("2026-11-24T04:59:00Z", []),
            ("2026-11-24T05:00:00Z", ["2026-11-21"]),
            ("2026-11-25T10:59:00Z", ["2026-11-21"]),
            ("2026-11-25T11:00:00Z", []),
        ):
            steer(sandbox, "clock", "POST", now=now)
            for level in ("account", "campaign", "adset", "ad"):
                assert days_without_purchases(sandbox, level) == gone


def test_a_weekday_is_looked_for_from_the_step_above_on(written: Writer) -> None:
    path = written(
        """
- {at: wed 05:00, faults: [{kind: http_503, id: outage}]}
- {at: tue 05:00, clear: [outage], faults: [{kind: holes, since: -2d, until: -1d}]}
"""
    )
    with SandboxProcess(now=NOW, scenario=path) as sandbox:
        for now, status in (("2026-11-24T12:00:00Z", 200), ("2026-11-25T05:00:00Z", 503)):
            steer(sandbox, "clock", "POST", now=now)
            assert call(sandbox, "me").status_code == status
        # Two days late: the days are those before the step, not before the call.
        steer(sandbox, "clock", "POST", now="2026-12-03T05:00:00Z")
        assert call(sandbox, "me").status_code == 200
        (fault,) = steer(sandbox, "faults")["faults"]
        assert (fault["since"], fault["until"]) == ("2026-11-29", "2026-11-30")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a list of steps"),
        ("- {at: '06:00', after: 1h}\n", "step 1: a step has either at or after"),
        ("- {note: when}\n", "step 1: a step has either at or after"),
        ("- {after: 1h}\n- {after: soon}\n", "step 2: 'soon' is not a span"),
        ("- {at: '26:00'}\n", "step 1: "),
        ("- {at: tues 05:00}\n", "step 1: 'tues' is not one of mon, tue"),
        ("- {after: 1h, faults: [{kind: holes, since: 7d}]}\n", "step 1: since cannot be '7d'"),
        ("- {after: 1h, weather: bad}\n", "step 1: a step has"),
        ("- {after: 1h, faults: [{kind: quake}]}\n", "step 1: kind 'quake' is unknown"),
        ("- {after: 1h, faults: [{kind: slow, rows: 3}]}\n", "step 1: slow has no field rows"),
        ("- {after: 1h, clear: everything}\n", "step 1: clear is true or a list"),
        ("- {after: 1h, clock: {advance: soon}}\n", "step 1: 'soon' is not a span"),
        ("- {after: 1h, clock: noon}\n", "step 1: clock is a mapping"),
        ("- [", "is not YAML"),
        ("- {after: 1h, faults: [{kind: holes, since: 2026-13-01}]}\n", "is not YAML: month"),
    ],
)
def test_a_file_that_cannot_be_played_is_refused_with_the_step(
    written: Writer, text: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        load_scenario(written(text))


def test_a_sandbox_does_not_start_with_a_wrong_scenario(written: Writer) -> None:
    path = written("- {after: 1h, faults: [{kind: quake}]}\n")
    with pytest.raises(MetaAdsError, match="step 1: kind 'quake' is unknown"):
        SandboxProcess(scenario=path).start()
