"""`meta-ads run`, `collect`, `build` and `recover`: the jobs of the warehouse."""

from datetime import datetime
from typing import Annotated

import typer

from orchestration.cli.options import (
    DAY,
    DAY_FORMATS,
    Debug,
    DemoIfNew,
    Json,
    OnlyClients,
    Since,
    Until,
    WithDemo,
    day_range,
)


def run(
    since: Since = None,
    until: Until = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
    demo: WithDemo = False,
    demo_if_new: DemoIfNew = False,
) -> None:
    """Collect what is owed or a range of days, check it, build the marts and publish them.

    This is the main job. meta-ads owed lists what is owed; a range is collected whether it is owed
    or not. Days of it that Meta does not keep, or that have not begun, are named and left out.

    If nothing is owed and nothing waits for a build, no run is started.

    Exit code 0: done. 1: done, but something is owed, refused, left out or to be looked at. 4:
    failed, nothing was published.
    """
    from orchestration.cli.actions.jobs import JobRequest, run_job
    from orchestration.cli.demo import asked_for

    days = day_range(since, until)
    request = JobRequest(
        job="daily_refresh",
        days=days,
        only=client or (),
        as_json=json,
        debug=debug,
        demo=asked_for(demo, demo_if_new),
    )
    raise typer.Exit(run_job(request))


def collect(
    since: Since = None,
    until: Until = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
    demo: WithDemo = False,
    demo_if_new: DemoIfNew = False,
) -> None:
    """Collect and check what is owed or a range of days; build and publish nothing.

    meta-ads build publishes what was collected.
    """
    from orchestration.cli.actions.jobs import JobRequest, run_job
    from orchestration.cli.demo import asked_for

    days = day_range(since, until)
    request = JobRequest(
        job="collect_only",
        days=days,
        only=client or (),
        as_json=json,
        debug=debug,
        demo=asked_for(demo, demo_if_new),
    )
    raise typer.Exit(run_job(request))


def build(
    full_refresh: Annotated[
        bool,
        typer.Option("--full-refresh", help="Build every client-month, changed or not."),
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="End a build that another process holds, and build."),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Build, audit and publish the client-months whose data changed; collect nothing."""
    from orchestration.cli.actions.jobs import JobRequest, run_job

    config = {"full_refresh": full_refresh, "take_over": take_over}
    raise typer.Exit(run_job(JobRequest(job="build_only", build=config, as_json=json, debug=debug)))


def recover(
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=DAY_FORMATS,
            metavar=DAY,
            help="Only failed days from this on. Default: all.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=DAY_FORMATS, metavar=DAY, help="Only failed days up to this; needs --since."
        ),
    ] = None,
    client: OnlyClients = None,
    json: Json = False,
    debug: Debug = False,
    only_list: Annotated[
        bool, typer.Option("--list", help="Only list what failed, with the command for each.")
    ] = False,
) -> None:
    """Collect again exactly the days whose collection failed and that no later run has collected.

    With --list nothing is asked of Meta: it lists the collections, refused days, builds, runs and
    messages that finally failed, each with the command that replays it. Exit code 1 while the list
    has an entry.
    """
    days = day_range(since, until)
    if only_list:
        from orchestration.cli.actions.recovery import list_open
        from orchestration.cli.session import open_warehouse

        raise typer.Exit(list_open(open_warehouse(), client or [], days, as_json=json))
    from orchestration.cli.actions.jobs import JobRequest, run_job

    request = JobRequest(
        job="recover_failed", days=days, only=client or (), as_json=json, debug=debug
    )
    raise typer.Exit(run_job(request))
