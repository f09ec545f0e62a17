"""`meta-ads sandbox …`: run a local Insights API, spoil its answers, ask it for exact totals."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.commands.sandbox_faults import Url, fault, steer
from orchestration.cli.options import DAY, Columns, DateOrder, DecimalMark, Json, columns_by_meaning
from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.errors import UsageError
from orchestration.sandbox.options import SandboxOptions
from orchestration.text import plural

_DEFAULTS = SandboxOptions()

sandbox = typer.Typer(
    help="A local Insights API with seeded data, and the faults that spoil its answers.\n\n"
    "meta-ads sandbox serve, then in another shell:\n\n"
    "  meta-ads sandbox fault list\n\n"
    "  meta-ads sandbox fault set rate_limit --account act_1003 --minutes 2 --times 3\n\n"
    "  meta-ads sandbox clock advance 1d",
    no_args_is_help=True,
)
clock = typer.Typer(help="What time it is in the sandbox.", invoke_without_command=True)
sandbox.add_typer(fault, name="fault")
sandbox.add_typer(clock, name="clock")

Since = Annotated[str | None, typer.Option(metavar=DAY, help="First day.")]
Until = Annotated[str | None, typer.Option(metavar=DAY, help="Last day, included.")]


@sandbox.command("serve")
def serve_sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = _DEFAULTS.host,
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = _DEFAULTS.port,
    seed: Annotated[int, typer.Option(help="Another seed gives other numbers.")] = _DEFAULTS.seed,
    now: Annotated[
        str | None,
        typer.Option(metavar="ISO", help="The instant its clock stands at; else META_ADS_NOW."),
    ] = None,
    token: Annotated[str | None, typer.Option(help="The only access token accepted.")] = None,
    app_secret: Annotated[
        str | None, typer.Option(help="Every call has to carry its appsecret_proof.")
    ] = None,
    live_versions: Annotated[
        str, typer.Option(help="Older ones are forwarded back to v22.0, then refused.")
    ] = ",".join(_DEFAULTS.live_versions),
    report_seconds: Annotated[
        float, typer.Option(min=0, help="How long a report takes; 0: three polls.")
    ] = _DEFAULTS.report_seconds,
    scenario: Annotated[
        Path | None, typer.Option(help="Faults and clock changes at given times (YAML).")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(
            help="Serve an export of Ads Manager (CSV or XLSX, by day) as one ad account."
        ),
    ] = None,
    column: Columns = None,
    account_id: Annotated[
        str | None, typer.Option(help="Of the replay; default: its column of digits, else act_1.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Of the replay.")] = _DEFAULTS.timezone,
    currency: Annotated[
        str | None, typer.Option(help="Of the replay; default: what it names, else USD.")
    ] = None,
    date_order: DateOrder = None,
    decimal_mark: DecimalMark = None,
) -> None:
    """Serve the sandbox until Ctrl-C, and say how to point meta-ads at it."""
    from orchestration.sandbox.server import serve
    from orchestration.sandbox.wire.versions import live_versions as in_order
    from orchestration.settings import load_settings

    options = SandboxOptions(
        host=host,
        port=port,
        seed=seed,
        now=_instant(now) if now else load_settings().now_override,
        token=token,
        app_secret=app_secret,
        live_versions=in_order(live_versions),
        report_seconds=report_seconds,
        scenario=scenario,
        replay=replay,
        columns=columns_by_meaning(column),
        account_id=account_id,
        timezone=timezone,
        currency=currency,
        date_order=date_order,
        decimal_mark=decimal_mark,
    )
    serve(options, shows_hint=True)


@sandbox.command("truth")
def show_truth(
    account: Annotated[str, typer.Argument(help="Such as act_1001.")],
    since: Since = None,
    until: Until = None,
    level: Annotated[
        str | None, typer.Option(help="campaign: the totals of each campaign too.")
    ] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """The exact totals of an account, which no fault changes.

    meta-ads sandbox truth act_1001 --since 2026-11-01 --until 2026-11-07 --level campaign
    """
    from orchestration.cli.output.sandbox_tables import print_records
    from orchestration.clients.model import complete_account_id

    account = complete_account_id(account)
    asked = {"account": account, "since": since, "until": until, "level": level}
    totals = steer(url, "GET", "truth", params={k: v for k, v in asked.items() if v is not None})
    if json:
        return print_document(totals)
    metrics = ("spend", "impressions", "clicks", "link_clicks")
    print_records([totals], ("account_id", "currency", "since", "until", *metrics))
    actions = [{"action": name, **numbers} for name, numbers in totals.get("actions", {}).items()]
    print_records(actions, ("action", "count", "value"))
    if "campaigns" in totals:
        print_records(totals["campaigns"], ("campaign_id", "campaign_name", *metrics))
    return None


@sandbox.command("log")
def show_log(
    last: Annotated[int, typer.Option(min=1, help="How many of the latest requests.")] = 30,
    clear: Annotated[bool, typer.Option("--clear", help="Empty the log instead.")] = False,
    url: Url = None,
    json: Json = False,
) -> None:
    """The latest requests: what was asked, how it was answered, which fault fired."""
    from orchestration.cli.output.sandbox_tables import print_records

    requests = steer(url, "DELETE" if clear else "GET", "log")["requests"][-last:]
    if json:
        print_document(requests)
    elif clear:
        typer.echo("The log is empty.")
    else:
        print_records(requests, ("method", "path", "level", "limit", "status", "fault"))


@sandbox.command("scenario")
def check_scenario(
    file: Annotated[Path, typer.Argument(help="A list of steps in YAML.")],
) -> None:
    """Check a scripted day; serve runs it: meta-ads sandbox serve --scenario FILE."""
    from orchestration.sandbox.control.scenario import load_scenario

    steps = load_scenario(file).steps
    for number, step in enumerate(steps, start=1):
        say(f"{number:3}. {step.note or 'without a note'}")
    typer.echo(f"{file}: {plural(len(steps), 'step')}, no error.")


@clock.callback()
def read_clock(context: typer.Context, url: Url = None) -> None:
    """What time it is in the sandbox: show, set, advance, reset."""
    context.obj = url
    if context.invoked_subcommand is None:
        _show(steer(url, "GET", "clock"))


@clock.command("show")
def show_clock(context: typer.Context, url: Url = None) -> None:
    """Say what time it is in the sandbox."""
    _show(steer(url or context.obj, "GET", "clock"))


@clock.command("set")
def set_clock(
    context: typer.Context,
    instant: Annotated[str, typer.Argument(metavar="ISO", help="2026-11-24T06:00:00Z")],
    running: Annotated[bool, typer.Option("--running", help="Let it run from there.")] = False,
    url: Url = None,
) -> None:
    """Set it to an instant, where it stands still unless it is to run."""
    body = {"now": instant, "running": running}
    _show(steer(url or context.obj, "POST", "clock", json=body))


@clock.command("advance")
def advance_clock(
    context: typer.Context,
    span: Annotated[str, typer.Argument(help="30m, 3h or 2d.")],
    url: Url = None,
) -> None:
    """Move it forward: meta-ads sandbox clock advance 1d."""
    _show(steer(url or context.obj, "POST", "clock", json={"advance": span}))


@clock.command("reset")
def reset_clock(context: typer.Context, url: Url = None) -> None:
    """Back to the real time, or to the instant that serve was given."""
    _show(steer(url or context.obj, "DELETE", "clock"))


def _show(clock: dict[str, Any]) -> None:
    typer.echo(f"{clock['now']} and {'running' if clock['running'] else 'standing'}")


def _instant(written: str) -> datetime:
    from orchestration.sandbox.control.clock import UnusableInstantError, instant

    try:
        return instant(written)
    except UnusableInstantError as error:
        raise UsageError(f"--now: {error}.") from None
