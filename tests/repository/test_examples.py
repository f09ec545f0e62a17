"""The workflows to copy: they are YAML of GitHub's shape, and what they call exists."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from documented import commands_in, fault_of

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / "examples" / "workflows").glob("*.yml"))


def steps(workflow: Path) -> list[dict[str, Any]]:
    """All steps of all jobs."""
    document = yaml.safe_load(workflow.read_text("utf-8"))
    # YAML 1.1 reads the key `on` as true.
    assert {"name", True, "permissions", "jobs"} <= {*document}
    assert document["permissions"] == {"contents": "read"}
    jobs = document["jobs"].values()
    assert all(job["timeout-minutes"] for job in jobs)
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_calls_exists(workflow: Path) -> None:
    scripts = [step["run"] for step in steps(workflow) if "run" in step]
    assert scripts
    for script in scripts:
        subprocess.run(["/bin/bash", "-n", "-c", script], check=True)
        called = list(commands_in(f"```\n{script}\n```"))
        ours = [each for each in called if each.program in ("make", "meta-ads")]
        assert len(ours) == len(re.findall(r"\b(?:make|meta-ads) [a-z]", script))
        assert [fault for each in called if (fault := fault_of(each))] == []
    for step in steps(workflow):
        assert (ROOT / step.get("working-directory", ".")).is_dir()


def test_there_is_one_for_a_fork_and_one_for_a_downstream_project() -> None:
    assert [workflow.stem for workflow in WORKFLOWS] == ["downstream", "fork"]
