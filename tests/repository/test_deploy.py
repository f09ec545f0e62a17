"""The examples of deployments name only what exists, and fit together as far as shows here."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import WORKER
from documented import Command, fault_of
from programs import COMPOSE, SYSTEMD, path_of

from orchestration.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
YAML = sorted([*DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.yml")])
TEXTS = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
PLACES = {"META_ADS_ENV_FILE", "DAGSTER_HOME", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"}
"""Variables beside the settings."""


def variables() -> set[str]:
    aliases: list[Any] = [field.validation_alias for field in Settings.model_fields.values()]
    return {choice for alias in aliases if alias for choice in alias.choices} | PLACES


def commands(written: Any) -> Iterator[list[str]]:
    """The commands of a document of YAML, in lists."""
    if isinstance(written, dict):
        for name, value in written.items():
            if name == "command":
                yield value
            else:
                yield from commands(value)


def test_every_variable_is_one_that_is_read() -> None:
    named = re.compile(r"\b(?:META_[A-Z_]+|WAREHOUSE_URL|CELERY_[A-Z_]+|DAGSTER_HOME)\b")
    for path in TEXTS:
        assert {*named.findall(path.read_text("utf-8"))} <= variables(), path


def test_every_command_exists() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
    called = [*commands(compose["services"])]
    for unit in UNITS:
        lines = re.findall(r"^ExecStart=(.+)$", unit.read_text("utf-8"), re.MULTILINE)
        assert len(lines) == (unit.suffix == ".service")
        # The shell of the backup's unit only puts the day into the name of the file.
        lines = [re.sub(r"\$\$\(.*?\)", "day", line) for line in lines]
        called += [re.sub(r".*/\.venv/bin/|'$", "", line).split() for line in lines]
    for program, *arguments in called:
        if program == "meta-ads":
            assert fault_of(Command("deploy", program, tuple(arguments), is_block=True)) is None
        elif program == "celery":
            assert " ".join(arguments).startswith(WORKER)
        else:
            assert program == "sh"
    assert len(called) == 12


@pytest.mark.parametrize("path", YAML, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_yaml_holds_no_secret(path: Path) -> None:
    text = path.read_text("utf-8")
    assert yaml.safe_load(text)
    written = re.findall(r"(?:PASSWORD|TOKEN|SECRET)\w*: +(\S+)", text)
    assert [value for value in written if not value.startswith(("${", '"${'))] == []


def test_ports_are_of_this_machine_only() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_units_are_what_systemd_takes(tmp_path: Path) -> None:
    program = path_of(SYSTEMD)
    bin_folder = str(Path(sys.executable).parent)
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/srv/meta-ads/.venv/bin", bin_folder)
        name = unit.name.replace("@.", "@one.")
        (tmp_path / name).write_text(text, "utf-8")
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_docker_compose_takes_the_file() -> None:
    program = path_of(COMPOSE)
    names = "META_ACCESS_TOKEN META_ADS_ADMIN_TOKEN META_ADS_CLIENTS POSTGRES_PASSWORD"
    given = dict.fromkeys([*names.split(), "BROKER_PASSWORD"], "/given")
    command = [program, "-f", str(DEPLOY / "compose" / "compose.yaml"), "config"]

    def config(**variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], **variables}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    done = config(**given)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert services["worker-2"]["environment"] == services["dagster"]["environment"]
    # Without a secret it does not start at all.
    assert config().returncode != 0
