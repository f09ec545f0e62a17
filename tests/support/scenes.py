"""Short programs against Dagster's sensors: what they share, and the process that runs them.

They load the sensors and the collecting step alone: parsing the dbt project takes ten seconds.
"""

import json
import subprocess
import sys
from typing import Any

from databases import Warehouse
from parsed_projects import bring_parsed_project
from preloaded.choice import MAY_BE_FORKED

PRELUDE = """
import json
import dagster as dg
from orchestration.defs import sensors
from orchestration.defs.ingestion.assets import collect_insights
from orchestration.defs.resources import MetaAds
from orchestration.settings import load_settings
from orchestration.warehouse.connection import connect

instance, told = dg.DagsterInstance.get(), {}
resources = {"meta_ads": MetaAds()}

def evaluate(sensor, cursor=None):
    context = dg.build_sensor_context(instance=instance, resources=resources, cursor=cursor)
    return sensor.evaluate_tick(context)

def tick():
    done = evaluate(sensors.collect_owed_days)
    if not done.run_requests:
        return {"skip": done.skip_message}
    (request,) = done.run_requests
    return {"key": request.run_key, "config": request.run_config, "tags": request.tags}

def owed(found):
    return found["config"]["ops"]["collect_insights"]["config"]["owed"] if "key" in found else {}

def run(found):
    return dg.materialize(
        [collect_insights], resources=resources, run_config=found["config"], instance=instance,
        tags={**found["tags"], "dagster/run_key": found["key"]},
    )

def sql(query):
    with connect(load_settings()) as connection:
        connection.execute(query)
"""


def told(warehouse: Warehouse, scene: str, **environment: str) -> Any:
    """What a scene, begun by the prelude, puts into `told`; its instance is the warehouse's own."""
    home = warehouse.home / "dagster"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", "utf-8")
    program = f"{PRELUDE}{scene}\nprint(json.dumps(told))"
    printed = python(warehouse, program, DAGSTER_HOME=str(home), **environment)
    return json.loads(printed.splitlines()[-1])


def python(warehouse: Warehouse, program: str, **environment: str) -> str:
    """What a program prints that runs as a command of this warehouse would."""
    bring_parsed_project(warehouse.url, warehouse.home)
    # A program that looks at what is imported must import it itself.
    head = "" if "sys.modules" in program else MAY_BE_FORKED
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", head + program],
        env=warehouse.command_environment(environment),
        cwd=warehouse.home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
