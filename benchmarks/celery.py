"""How much faster two Celery workers collect than one, and what it costs a shard to begin.

    python -m benchmarks.celery [--clients 200] [--days 28] [--latency 200] [--shards 4]

Debian's redis-server has to be installed. Each worker is a process with a state folder of its own,
as on a machine of its own; here they share the processor, the server of pages and the warehouse.
Dagster's sensor asks for all shards at once, and they wait in the broker for a worker. Start-up is
the time from a worker taking up a shard to the first days that it asks for; the first shard of a
worker loads the program, the others find it loaded.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import mean
from time import perf_counter, sleep
from typing import Any

import dagster as dg
import yaml
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import LaunchRunContext
from dagster._core.utils import make_new_run_id

from benchmarks.installation import clients_of, installation
from benchmarks.performance import SHOWN
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect, warehouse_url

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "celery" / "dagster.yaml"
WORKER = "-A dagster_celery.app worker -Q dagster --concurrency 1 --disable-prefetch"
CELERY = str(Path(sys.executable).with_name("celery"))
READY_SECONDS = 15.0
"""After so long a worker is connected; nothing of it is measured."""
ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--latency", type=int, default=200, help="of each answer, in milliseconds")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--workers", type=int, help="only this round, with so many workers")
    options = parser.parse_args()
    if options.workers:
        _say(str(one_round(options, options.workers)))
        return
    seconds = {workers: _round_of_its_own(workers) for workers in (1, 2)}
    _say(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    _say(f"one worker / two workers: {seconds[1] / seconds[2]:.2f}")


def _round_of_its_own(workers: int) -> float:
    """Seconds of a round in a new process: the program is loaded for one warehouse."""
    command = [sys.executable, "-m", "benchmarks.celery", *sys.argv[1:], "--workers", str(workers)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    *lines, seconds = printed.strip().splitlines()
    _say("\n".join(lines))
    return float(seconds)


def one_round(options: argparse.Namespace, workers: int) -> float:
    """Seconds in which so many workers collect all clients."""
    with (
        installation(options.clients, 25, options.latency) as (settings, _),
        broker(settings.home),
        ExitStack() as stack,
    ):
        clients = [client.model_dump(include=SHOWN) for client in clients_of(options.clients)]
        settings.clients_file.write_text(yaml.safe_dump({"clients": clients}), "utf-8")
        os.environ |= {
            "WAREHOUSE_URL": warehouse_url(settings),
            "META_ADS_LOOKBACK_DAYS": str(options.days),
            "META_ADS_SHARD_CLIENTS": str(-(-options.clients // options.shards)),
            "META_ADS_SHARDS_AT_ONCE": str(options.shards),
            "META_ADS_WORKERS": "1",
        }
        for number in range(workers):
            stack.enter_context(worker(settings.home / f"worker_{number}"))
        os.environ["DAGSTER_HOME"] = _dagster_home(settings.home / "daemon")
        with dg.DagsterInstance.get() as instance:
            sleep(READY_SECONDS)
            began = perf_counter()
            runs = launch(instance)
            while any(run.status not in ENDED for run in _found(instance, runs)):
                sleep(0.2)
            taken = perf_counter() - began
            _report(settings, instance, runs, options, workers, taken)
        del os.environ["WAREHOUSE_URL"]
    return taken


def launch(instance: dg.DagsterInstance) -> list[str]:
    """Hand the sensor's shards to the run launcher, as the daemon does; returns their runs."""
    # They read the settings of this round.
    from orchestration.defs.ingestion.sensors import collect_owed_days
    from orchestration.defs.resources import MetaAds

    context = dg.build_sensor_context(instance=instance, resources={"meta_ads": MetaAds()})
    repository = ReconstructableRepository(ModuleCodePointer("orchestration.definitions", "defs"))
    runs = []
    for request in collect_owed_days.evaluate_tick(context).run_requests or []:
        job = repository.get_reconstructable_job(str(request.job_name))
        run = dg.DagsterRun(
            job_name=str(request.job_name),
            run_id=make_new_run_id(),
            run_config=request.run_config,
            tags={**request.tags, "dagster/run_key": request.run_key or ""},
            job_code_origin=job.get_python_origin(),
        )
        instance.add_run(run)
        instance.run_launcher.launch_run(LaunchRunContext(run, None))
        runs.append(run.run_id)
    return runs


@contextmanager
def broker(folder: Path) -> Iterator[None]:
    """Redis on a free port, which the environment names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"--bind 127.0.0.1 --port {port} --appendonly no --dir {folder}".split()
    command = ["redis-server", *options, "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        os.environ["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{port}/0"
        os.environ["CELERY_RESULT_BACKEND"] = f"redis://127.0.0.1:{port}/1"
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def worker(home: Path) -> Iterator[None]:
    """A worker with a state folder of its own."""
    environment = {"META_ADS_HOME": str(home), "DAGSTER_HOME": _dagster_home(home)}
    # An installation in use has parsed its dbt project before.
    warm = [sys.executable, "-c", "import orchestration.definitions"]
    subprocess.run(warm, env=os.environ | environment, check=True)
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(
            [CELERY, *WORKER.split(), "-n", f"{home.name}@localhost"],
            env=os.environ | environment,
            cwd=home,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _dagster_home(home: Path) -> str:
    folder = home / "dagster"
    folder.mkdir(parents=True)
    shutil.copy(CONFIGURATION, folder)
    return str(folder)


def _found(instance: dg.DagsterInstance, runs: list[str]) -> list[dg.DagsterRun]:
    return [*instance.get_runs(dg.RunsFilter(run_ids=runs))]


def _report(
    settings: Settings,
    instance: dg.DagsterInstance,
    runs: list[str],
    options: argparse.Namespace,
    workers: int,
    taken: float,
) -> None:
    query = (
        "select b.run_id, extract(epoch from min(b.asked_at))::float8, count(*), "
        "count(*) filter (where b.state = 'kept') from ops.batches as b group by b.run_id"
    )
    with connect(settings) as connection:
        asked = {str(run): (first, kept) for run, first, _, kept in connection.execute(query)}
    shares = []
    for run in runs:
        events: list[Any] = [*instance.all_logs(run)]
        taken_up = next(e.timestamp for e in events if "Started process" in e.message)
        first, ended = asked[run][0], events[-1].timestamp
        shares.append((first - taken_up) / (ended - taken_up))
    kept = sum(number for _, number in asked.values())
    _say(
        f"{workers} worker(s): {options.clients} clients, {options.days} days, {len(runs)} shards, "
        f"{kept} windows kept: {taken:.1f} s; start-up of a shard "
        f"{', '.join(f'{share:.1%}' for share in shares)}, on average {mean(shares):.1%}"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
