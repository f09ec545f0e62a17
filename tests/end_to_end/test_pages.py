"""The commands of the pages for whoever runs an installation do what the pages say they do."""

import re
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from documented import ROOT, documents
from factories import NOW
from pages import Installation, Step, complete_commands, installation, set_clock
from places import clear_faults, set_fault
from receivers import HttpReceiver

from orchestration.sandbox.process import SandboxProcess

CLIENTS = (
    "client_id: acme, name: Acme, ad_account_id: act_1001, starts_on: 2026-11-01",
    "client_id: bora, name: Bora, ad_account_id: act_1002, starts_on: 2026-11-10",
    "client_id: cobalt, name: Cobalt, ad_account_id: act_1004, starts_on: 2026-11-10",
)
LATER = "2026-11-17T12:00:00+00:00"
STOOD, NEW, NEXT = "2026-11-14", "2026-11-15", "2026-11-16"
RUN = Step("meta-ads run", r"acme +2026-11 (.|\n)*publication 1 changed")


def file_of_cron(here: Installation) -> None:
    (file,) = here.backups
    assert re.fullmatch(r"meta-ads-\d{4}-\d\d-\d\d\.backup", file.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def trial_is_like_the_original(here: Installation) -> None:
    restored = here.folder / "trial" / "clients.yml"
    assert restored.read_bytes() == (here.warehouse.home / "clients.yml").read_bytes()


def only_the_trial_is_gone(here: Installation) -> None:
    assert not here.trial.status().data_dir.exists()
    assert here.warehouse.value("select count(*) from ops.publications") == 1


OPERATIONS = (
    Step("meta-ads where", r"state folder .* there +META_ADS_HOME"),
    # META_ADS_NOW is set, and no daemon runs here.
    Step("meta-ads doctor", r"ok +Accounts +3 ad accounts can be read", code=1),
    Step("meta-ads env", r"export PGHOST=127\.0\.0\.1\n"),
    Step("meta-ads storage", r"Retention would free 0 B"),
    Step("meta-ads storage prune --dry-run", r"landing\.insights: 0 rows .* Kept: rows that"),
    Step("meta-ads storage prune", r"Nothing is old enough to be deleted"),
    Step("meta-ads backup /backups/meta-ads-output.backup", r"3 clients", after=file_of_cron),
    Step("meta-ads backup FILE", r"1 publication; the clients file\. Not in it: \.env\."),
    Step(
        "meta-ads restore FILE",
        r"Back in .*: 3 clients and 1 publication",
        after=trial_is_like_the_original,
    ),
    Step("meta-ads publications verify", r"^\d{3,} rows in 3 client-months are as they were"),
    Step(
        "meta-ads server stop --remove-data --yes",
        r"its data are removed",
        after=only_the_trial_is_gone,
    ),
    Step("meta-ads server upgrade", r"The data are those of Postgres \d+\.\d+ already"),
    Step("meta-ads server status", r"runs on 127\.0\.0\.1:\d+ .*state/postgres/data"),
    Step("meta-ads server roles", r'create role "analyst" login'),
    Step("meta-ads health", r"Data health: healthy"),
    Step("meta-ads alerts list", r"No alert is open"),
    Step("meta-ads quarantine list", r"Nothing is refused"),
    Step("meta-ads recover --list", r"Nothing that failed is open"),
    Step("meta-ads publications list", r"(?m)^1 +\d{4}-.* build +3 "),
    Step("meta-ads publications prune", r"^0 publications older than 90 days are pruned"),
    Step(
        "meta-ads server stop --remove-data",
        r"say so with --yes",
        code=2,
        after=only_the_trial_is_gone,
    ),
)


def some_days_later(here: Installation) -> None:
    """Meta loses conversions of acme, all of a day of cobalt's campaigns, and refuses bora."""
    here.warehouse.environment["META_ADS_NOW"] = LATER
    set_clock(here.sandbox, LATER)
    purchases = {"what": "family", "family": "purchase", "since": STOOD, "until": STOOD}
    set_fault(here.sandbox.url, kind="vanish", account="act_1001", **purchases)
    set_fault(here.sandbox.url, kind="split", account="act_1004", since=NEW, until=NEW)
    set_fault(here.sandbox.url, kind="permission", account="act_1002")


def meta_is_well(here: Installation) -> None:
    clear_faults(here.sandbox.url)


def another_build_hangs(here: Installation) -> None:
    here.warehouse.execute("select ops.open_build('another', false)")


ACME = {"CLIENT": "acme", "X": "acme", "DAY": STOOD, "D": STOOD, "SINCE": NEXT, "UNTIL": NEXT}
COBALT = {"CLIENT": "cobalt", "X": "cobalt", "DAY": NEW, "D": NEW}
BORA = {"CLIENT": "bora", "X": "bora", "SINCE": NEW, "UNTIL": NEW}
COLLECT = "meta-ads collect --client X --since D --until D"
RELEASE = "meta-ads quarantine release CLIENT DAY --reason …"
RUNBOOK = (
    Step(COLLECT, rf"refused acme {STOOD}", code=1, given=ACME, before=some_days_later),
    Step(COLLECT, rf"refused cobalt {NEW}", code=1, given=COBALT),
    Step("meta-ads run --client X", r"failed bora", code=1, given=BORA),
    Step("meta-ads owed", rf"bora: {NEW} to {NEXT}, 2 days, failed"),
    Step("meta-ads recover", r"failed bora", code=1),
    Step("meta-ads recover --list", r"meta-ads recover --client bora", code=1),
    Step("meta-ads health", r"(?s)fail +Daily Collection .*bora 2026-11-16", code=4),
    Step("meta-ads alerts evaluate", r"opened"),
    Step("meta-ads alerts list", r"bora +Meta refuses access"),
    Step("meta-ads alerts ack ID", r"Acknowledged: 1\."),
    Step("meta-ads alerts mute RULE --client X --for 8 --reason …", r"Mute 1, until", given=ACME),
    Step("meta-ads alerts deliver", r"^[1-9]\d* sent, 0 tried again later, 0 given up"),
    Step("meta-ads alerts test", r"webhook: accepted"),
    Step("meta-ads quarantine list", rf"acme {STOOD}: .*Less came than stands"),
    Step("meta-ads quarantine show CLIENT DAY", r"standing_data_vanished", given=ACME),
    Step(RELEASE, r"Next: meta-ads build publishes them", given=ACME),
    Step(RELEASE, r"Next: meta-ads build publishes them", given=COBALT),
    Step("meta-ads owed waive CLIENT SINCE UNTIL --reason …", r"1 day waived", given=BORA),
    Step("meta-ads owed waive X SINCE UNTIL --reason …", r"1 day waived", given=ACME),
    Step("meta-ads recover --client X", r"rows in \d+ calls", given=BORA, before=meta_is_well),
    # The audit still finds that day of cobalt; all other months are published.
    Step(
        "meta-ads build --take-over",
        r"(?s)left out cobalt 2026-11.*publication 2 changed",
        code=1,
        before=another_build_hangs,
    ),
    Step("meta-ads publications diff A B", r"(?m)^acme "),
    Step("meta-ads explain CLIENT MONTH", r"publication 2", given={"MONTH": "2026-11"}),
    Step("meta-ads publications rollback ID --reason …", r"the marts are as publication 1 left"),
    Step("meta-ads publications list", r"(?m)^3 .* rollback "),
    Step("meta-ads refresh", r"3 clients refreshed"),
    Step(
        "meta-ads sql select campaign_id, campaign_name from marts.dim_campaigns",
        r"(?m)^\d{10,}  \w",
    ),
)
ALERTS = (
    Step("meta-ads clients check", r"3 clients"),
    Step("meta-ads alerts resolve ID --reason …", r"Alert 1 is closed"),
    Step("meta-ads alerts evaluate"),
    Step("meta-ads alerts deliver"),
)
STOP = (Step("meta-ads server stop", r"Stopped\."),)
EXECUTED = {step.shown for step in (RUN, *OPERATIONS, *RUNBOOK, *ALERTS, *STOP)}
OWN_TESTS = {"docs/tutorial.md": "test_tutorial.py", "docs/recipes.md": "test_recipes.py"}
HISTORY = {"docs/architecture.md", "docs/decisions.md"}
"""Pages that name commands to explain the program, and none to type."""
BY_OTHERS = {
    "meta-ads init": "test_init.py",
    "meta-ads up": "test_up.py",
    "meta-ads serve": "test_behind_proxy.py",
    "meta-ads sql": "test_sql.py: a prompt for a person",
    "meta-ads sql select …": "test_sql.py",
    "meta-ads sql select * from marts.monthly_client_summary": "test_sql.py",
    "meta-ads …": "test_wheel.py",
    "meta-ads run --json": "test_main_job.py",
    "meta-ads build": "test_upgrade.py, test_left_out_client_months.py",
    "meta-ads build --debug": "test_secrets.py: the option of all jobs",
    "meta-ads build --full-refresh": "test_main_job.py",
    "meta-ads alerts deliver --again ID": "test_commands.py",
    "meta-ads collect --since 2025-01-01": "test_left_out.py",
    "meta-ads refresh --listen": "test_current_month.py",
    "meta-ads import march.csv --client acme --preview": "test_import.py",
    "meta-ads import march.csv --client acme": "test_import.py",
    "meta-ads export MART": "test_recipes.py",
    "meta-ads reconcile FILE": "test_recipes.py",
    "meta-ads sandbox fault list": "test_sandbox_commands.py",
    "meta-ads sandbox serve --replay FILE": "test_replay.py, test_bad_input.py",
    "celery -A dagster_celery.app worker -Q dagster --concurrency 1 --disable-prefetch -n one@%h": (
        "test_celery.py"
    ),
    "make clean": "test_makefile.py",
    "make clean ARGS=--yes": "test_makefile.py",
    "make lint": "test_makefile.py",
    "make setup": "test_setup.py",
    "make chaos ARGS=--minutes 30": "test_chaos.py",
    "make chaos": "test_chaos.py",
    "make demo": "test_tutorial.py",
    "make run": "test_makefile.py",
    "uv build": "test_wheel.py: what it builds",
}
NOT_BY_TESTS = {
    "make up": "it is meta-ads up",
    "make test": "it runs the tests",
    "make format": "it changes the checkout",
    "make docs": "it changes the checkout; test_openapi.py compares what it writes",
    "make bench": "it measures for minutes",
    "make performance": "it measures for hours",
    "python -m benchmarks.celery": "it measures for minutes",
    "python -m benchmarks.year": "it measures for ten minutes",
    "python -m benchmarks.torn_reads": "it measures for minutes",
    "pytest tests/collection -k plan": "it runs tests",
    "pytest tests/end_to_end/crashes/test_server_restarts.py": "it runs tests",
    "pip install pre-commit": "it installs for a user",
    "pipx install": "it installs for a user",
    "pipx install FILE": "it installs for a user",
    "pipx install --force FILE": "it installs for a user",
    "pip install --requirement requirements/run.txt": "make setup installs the same",
    "uv pip install --constraint requirements/dev.txt dagster-celery[redis]": "so does make test",
}


def test_every_command_of_the_documents_is_executed_or_named_with_a_reason() -> None:
    shown = {
        command
        for document in documents()
        if document not in OWN_TESTS.keys() | HISTORY
        for command in complete_commands(document)
    }
    assert shown - EXECUTED - BY_OTHERS.keys() - NOT_BY_TESTS.keys() == set()
    assert (BY_OTHERS.keys() | NOT_BY_TESTS.keys()) - shown == set()
    assert EXECUTED & (BY_OTHERS.keys() | NOT_BY_TESTS.keys()) == set()
    for reason in (*BY_OTHERS.values(), *OWN_TESTS.values()):
        for name in re.findall(r"test_\w+\.py", reason):
            assert list((ROOT / "tests").rglob(name)), name


@pytest.fixture(scope="module")
def installed(open_folder: Path) -> Iterator[Installation]:
    """An installation in which the line of cron has run once."""
    with (
        SandboxProcess(now=datetime.fromisoformat(NOW)) as sandbox,
        HttpReceiver() as webhook,
        installation(open_folder, sandbox, CLIENTS) as made,
    ):
        perform(made, "docs/operations.md", [RUN])
        made.warehouse.environment |= {
            "META_ADS_WEBHOOK_URL": f"{webhook.url}/hook",
            "META_ADS_WEBHOOK_SECRET": "a-secret-of-the-webhook",
        }
        yield made


def perform(here: Installation, document: str, steps: Sequence[Step]) -> None:
    shown = complete_commands(document)
    for step in steps:
        here.perform(step, shown[step.shown])


def test_the_page_about_operations(installed: Installation) -> None:
    perform(installed, "docs/operations.md", OPERATIONS)


def test_the_runbook_and_the_page_about_alerts(installed: Installation) -> None:
    perform(installed, "docs/runbook.md", RUNBOOK)
    perform(installed, "docs/alerts.md", ALERTS)
    perform(installed, "docs/runbook.md", STOP)
