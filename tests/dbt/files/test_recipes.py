"""What the page of recipes shows, does what it says."""

import re
import subprocess
import sys
from pathlib import Path

from databases import Warehouse
from files_world import CLIENT
from logins import PASSWORD

PAGE = Path(__file__).parents[3] / "docs" / "recipes.md"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_recipe_that_can_run_here_runs(published: Warehouse) -> None:
    published.execute(f"alter role analyst password '{PASSWORD}'")
    place = published.url.rpartition("@")[2]
    host, _, rest = place.partition(":")
    port, _, database = rest.partition("/")
    passwords = published.home / "pgpass"
    passwords.write_text(f"{host}:{port}:{database}:analyst:{PASSWORD}\n", encoding="utf-8")
    passwords.chmod(0o600)
    programs = {"bash": ["/bin/bash", "-euc"], "python": [sys.executable, "-c"]}
    said = {}
    for language, text in BLOCK.findall(PAGE.read_text("utf-8")):
        done = subprocess.run(
            [*programs[language], text.replace("HOST:PORT/DATABASE", place)],
            env=published.command_environment({"PGPASSFILE": str(passwords)}),
            cwd=published.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        said[text.splitlines()[0]] = done.stdout
    assert "Verdict: agrees. All " in said["meta-ads reconcile week.csv"]
    assert "109.99" in said["import pandas as pd"]
    assert said["from decimal import Decimal"] == f"{_spend(published)} days are missing\n"
    for name in ("summary.xlsx", "week.csv", "all.parquet", "then.csv", "summary.csv"):
        assert (published.home / name).stat().st_size > 0, name


def _spend(warehouse: Warehouse) -> str:
    query = "select sum(spend)::text from marts.daily_campaign_performance where client_id = %s"
    return str(warehouse.value(query, [CLIENT]))
