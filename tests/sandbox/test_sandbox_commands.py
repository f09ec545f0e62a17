"""`meta-ads sandbox …` steers a running sandbox, and says what is wrong in one sentence."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sandbox_support import NOW, call, steer

import orchestration.cli.main as cli
from orchestration.sandbox.control import scenario
from orchestration.sandbox.faults.kinds import kinds
from orchestration.sandbox.options import SandboxOptions
from orchestration.sandbox.process import SandboxProcess

EXAMPLE = Path(scenario.__file__).parents[1] / "scenarios" / "bad_morning.yml"


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    # Its own, because it tells the number of the first fault.
    with SandboxProcess(now=NOW) as process:
        yield process


class Shell:
    """Runs commands in this process, as a user would type them after `meta-ads sandbox`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def run(self, line: str) -> tuple[int, str, str]:
        """The exit code, what was printed and what was complained of."""
        self._monkeypatch.setattr(sys, "argv", ["meta-ads", "sandbox", *line.split()])
        self._capsys.readouterr()
        code = cli._run(lambda: cli.app(standalone_mode=False))
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("COLUMNS", "200")
    return Shell(monkeypatch, capsys)


@pytest.fixture
def sandbox(running: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxProcess]:
    monkeypatch.setenv("META_API_URL", running.url)
    yield running
    for path in ("faults", "log", "clock"):
        steer(running, path, "DELETE")


def test_every_option_of_serve_reaches_the_sandbox(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[SandboxOptions] = []
    monkeypatch.setattr(
        "orchestration.sandbox.server.serve", lambda options, **_: served.append(options)
    )
    line = (
        "serve --host 0.0.0.0 --port 0 --seed 9 --now 2026-11-23T12:00:00Z --token t "
        "--app-secret s --live-versions v27.0,v26.0 --report-seconds 0.4 --scenario day.yml "
        "--replay export.csv --column spend=Amount --account-id act_77 "
        "--timezone Europe/Berlin --currency EUR --date-order dmy --decimal-mark ,"
    )
    assert shell.run(line)[0] == 0
    assert served == [
        SandboxOptions(
            host="0.0.0.0",
            port=0,
            seed=9,
            now=datetime(2026, 11, 23, 12, tzinfo=UTC),
            token="t",
            app_secret="s",
            live_versions=("v26.0", "v27.0"),
            report_seconds=0.4,
            scenario=Path("day.yml"),
            replay=Path("export.csv"),
            columns={"spend": "Amount"},
            account_id="act_77",
            timezone="Europe/Berlin",
            currency="EUR",
            date_order="dmy",
            decimal_mark=",",
        )
    ]
    assert shell.run("serve --column spend")[0] == 2


def test_the_list_of_kinds_needs_no_sandbox(shell: Shell) -> None:
    code, printed, _ = shell.run("fault list")
    assert code == 0
    assert all(kind in printed for kind in kinds())
    assert "paging" in printed
    listed = json.loads(shell.run("fault list --json")[1])
    assert {kind for family in listed.values() for kind in family} == set(kinds())


def test_a_fault_is_set_shown_and_cleared(shell: Shell, sandbox: SandboxProcess) -> None:
    code, printed, _ = shell.run("fault set rate_limit --account act_1003 --minutes 3 --times 1")
    assert (code, printed) == (0, "Fault 1 is set: rate_limit.\n")
    assert call(sandbox, "act_1003").status_code == 400
    shown = shell.run("fault show")[1]
    assert "rate_limit" in shown
    assert "account=1003" in shown
    assert shell.run("fault clear 1")[1] == "1 fault cleared.\n"
    assert shell.run("fault show")[1] == "No fault is set.\n"


def test_every_option_of_a_fault_reaches_the_dial(shell: Shell, sandbox: SandboxProcess) -> None:
    shell.run(
        "fault set usage --path insights --level campaign --nth 2 --after 1 --probability 0.5 "
        "--seed 4 --for-seconds 9 --percent 80 --scope app --minutes 2"
    )
    (fault,) = json.loads(shell.run("fault show --json")[1])
    assert (
        fault.items()
        >= {
            "path": "insights",
            "level": "campaign",
            "nth": 2,
            "after": 1,
            "probability": 0.5,
            "seed": 4,
            "for_seconds": 9.0,
            "percent": 80,
            "scope": "app",
            "minutes": 2,
        }.items()
    )
    assert shell.run("fault set rate_limit --no-headers")[0] == 0
    assert shell.run("fault set holes --since 2026-11-01 --until 2026-11-02")[0] == 0
    assert len(steer(sandbox, "faults")["faults"]) == 3


def test_the_extent_of_a_loss_reaches_the_dial(shell: Shell, sandbox: SandboxProcess) -> None:
    losses = (
        "vanish --what family --family lead --share 0.5 --levels campaign,ad --since 2026-11-01",
        "refunds --rate 0.02",
    )
    for line in losses:
        assert shell.run(f"fault set {line}")[0] == 0
    vanish, refunds = json.loads(shell.run("fault show --json")[1])
    assert (vanish["what"], vanish["family"], vanish["share"]) == ("family", "lead", 0.5)
    assert (vanish["levels"], vanish["since"]) == ("campaign,ad", "2026-11-01")
    assert refunds["rate"] == 0.02
    assert "levels=campaign,ad" in shell.run("fault show")[1]


def test_an_unknown_kind_is_refused_with_its_neighbours(shell: Shell) -> None:
    code, _, complaint = shell.run("fault set rate_limits")
    assert code == 2
    assert "did you mean rate_limit" in complaint


def test_a_field_that_the_kind_does_not_take_is_refused(
    shell: Shell, sandbox: SandboxProcess
) -> None:
    code, _, complaint = shell.run("fault set slow --rows 3")
    assert code == 2
    assert "slow has no field rows" in complaint


def test_a_fault_that_is_not_set_cannot_be_cleared(shell: Shell, sandbox: SandboxProcess) -> None:
    code, _, complaint = shell.run("fault clear 99")
    assert code == 2
    assert "No fault 99 is set" in complaint


def test_the_truth_is_told_as_a_table_or_as_json(shell: Shell, sandbox: SandboxProcess) -> None:
    line = "truth act_1001 --since 2026-11-10 --until 2026-11-12"
    told = json.loads(shell.run(f"{line} --json")[1])
    code, printed, _ = shell.run(f"{line} --level campaign")
    assert code == 0
    assert told["spend"] in printed
    assert "omni_purchase" in printed
    assert "Prospecting" in printed or "campaign" in printed


def test_an_account_that_is_not_there_has_no_truth(shell: Shell, sandbox: SandboxProcess) -> None:
    code, _, complaint = shell.run("truth act_9")
    assert code == 2
    assert "The sandbox refuses" in complaint


def test_the_clock_is_set_advanced_and_reset(shell: Shell, sandbox: SandboxProcess) -> None:
    assert shell.run("clock")[1] == "2026-11-23T12:00:00+00:00 and standing\n"
    assert shell.run("clock set 2026-11-24T06:00:00Z")[1].startswith("2026-11-24T06:00")
    assert shell.run("clock advance 1d")[1].startswith("2026-11-25T06:00")
    assert shell.run("clock show")[1].startswith("2026-11-25T06:00")
    assert shell.run("clock reset")[1].startswith("2026-11-23T12:00")
    assert shell.run("clock advance soon")[0] == 2


def test_the_log_is_shown_and_cleared(shell: Shell, sandbox: SandboxProcess) -> None:
    shell.run("fault set http_500")
    call(sandbox, "act_1001/insights")
    printed = shell.run("log")[1]
    assert "/act_1001/insights" in printed
    assert "http_500" in printed
    assert shell.run("log --clear")[1] == "The log is empty.\n"
    assert json.loads(shell.run("log --json")[1]) == []


def test_a_scenario_is_checked_step_by_step(shell: Shell, tmp_path: Path) -> None:
    code, printed, _ = shell.run(f"scenario {EXAMPLE}")
    assert code == 0
    assert "no error" in printed
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("- {after: 1h, faults: [{kind: quake}]}\n")
    code, _, complaint = shell.run(f"scenario {wrong}")
    assert code == 2
    assert "step 1: kind 'quake' is unknown" in complaint


@pytest.mark.parametrize("command", ["fault show", "clock", "log", "truth act_1001"])
def test_a_sandbox_that_does_not_answer_is_named(shell: Shell, command: str) -> None:
    word, *rest = command.split()
    code, _, complaint = shell.run(" ".join([word, *rest, "--url", "http://127.0.0.1:9"]))
    assert code == 3
    assert complaint.startswith("No sandbox answers at http://127.0.0.1:9: ")
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("command", ["", "serve", "fault set", "clock advance", "scenario"])
def test_help_teaches(shell: Shell, command: str) -> None:
    code, printed, _ = shell.run(f"{command} --help")
    assert code == 0
    assert "Usage" in printed
