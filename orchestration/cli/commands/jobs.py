"""`meta-ads run`, `collect`, `build` and `recover`: the jobs of the warehouse."""

from datetime import datetime
from typing import Annotated, Any

import typer

from orchestration.cli.options import Day, Debug, Json, OnlyClients, day_range


def run(
    since: Day = None,
    until: Day = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """The main job: collect what is owed (or a range), check it, build, publish, summarize."""
    _job("daily_refresh", since, until, client, json, debug)


def collect(
    since: Day = None,
    until: Day = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Only collect: what is owed, or every day of a range, into staging."""
    _job("collect_only", since, until, client, json, debug)


def build(
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Every client-month, changed or not.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Close a build that another process holds.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Only build, audit and publish the client-months whose data changed."""
    config = {"full_refresh": full_refresh, "take_over": take_over}
    _job("build_only", None, None, None, json, debug, {"build_marts": config})


def recover(
    since: Day = None,
    until: Day = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
    only_list: Annotated[
        bool, typer.Option("--list", help="Only list what finally failed, and how to replay it.")
    ] = False,
) -> None:
    """Replay exactly the collections that failed and that nothing has made good since.

    With --list nothing is asked: collections, refused days, builds, runs and messages that finally
    failed are listed with the command that replays each; exit code 1 while there are any.
    """
    if only_list:
        from orchestration.cli.actions.recovery import print_open
        from orchestration.cli.session import open_warehouse

        days = day_range(since, until)
        raise typer.Exit(print_open(open_warehouse(), client or [], days, as_json=json))
    _job("recover_failed", since, until, client, json, debug)


def _job(
    job: str,
    since: datetime | None,
    until: datetime | None,
    only: list[str] | None,
    as_json: bool,
    debug: bool,
    config: dict[str, Any] | None = None,
) -> None:
    from orchestration.cli.actions.main_job import run_job

    days = day_range(since, until)
    raise typer.Exit(run_job(job, days, only or [], config or {}, as_json=as_json, debug=debug))
