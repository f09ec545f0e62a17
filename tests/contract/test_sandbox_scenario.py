"""A scripted day: steps happen by the sandbox's clock, and a wrong file is refused by its step."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sandbox_support import call, steer

from orchestration.errors import MetaAdsError, UsageError
from orchestration.sandbox import scenario as module
from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.scenario import load_scenario

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
EXAMPLE = Path(module.__file__).parent / "scenarios" / "bad_morning.yml"
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
    with SandboxProcess(now=NOW, options=["--scenario", str(path)]) as sandbox:
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
    with SandboxProcess(now=NOW, options=["--scenario", str(path)]) as sandbox:
        assert call(sandbox, "me").status_code == 500
        steer(sandbox, "faults", "DELETE")
        assert call(sandbox, "me").status_code == 200


def test_the_example_plays_through() -> None:
    with SandboxProcess(now=NOW, options=["--scenario", str(EXAMPLE)]) as sandbox:
        steer(sandbox, "clock", "POST", now="2026-11-23T06:01:00Z")
        assert call(sandbox, "me").status_code == 503
        steer(sandbox, "clock", "POST", now="2026-11-23T10:00:00Z")
        assert call(sandbox, "me").status_code == 200
        assert steer(sandbox, "faults")["faults"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a list of steps"),
        ("- {at: '06:00', after: 1h}\n", "step 1: a step has either at or after"),
        ("- {note: when}\n", "step 1: a step has either at or after"),
        ("- {after: 1h}\n- {after: soon}\n", "step 2: 'soon' is not a span"),
        ("- {at: '26:00'}\n", "step 1: "),
        ("- {after: 1h, weather: bad}\n", "step 1: a step has"),
        ("- {after: 1h, faults: [{kind: quake}]}\n", "step 1: kind 'quake' is unknown"),
        ("- {after: 1h, faults: [{kind: slow, rows: 3}]}\n", "step 1: slow has no field rows"),
        ("- {after: 1h, clear: everything}\n", "step 1: clear is true or a list"),
        ("- {after: 1h, clock: {advance: soon}}\n", "step 1: 'soon' is not a span"),
        ("- {after: 1h, clock: noon}\n", "step 1: clock is a mapping"),
        ("- [", "is not YAML"),
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
        SandboxProcess(options=["--scenario", str(path)]).start()
