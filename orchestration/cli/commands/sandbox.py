"""`meta-ads sandbox …`: run a local Insights API, spoil its answers, ask it for the truth."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.commands.sandbox_faults import Json, Url, echo, fault, steer
from orchestration.cli.output.console import say
from orchestration.errors import UsageError
from orchestration.text import iso_instant

sandbox = typer.Typer(
    help="A local Insights API with seeded data, and the dial that spoils its answers.\n\n"
    "meta-ads sandbox serve, then in another shell:\n\n"
    "  meta-ads sandbox fault list\n\n"
    "  meta-ads sandbox fault set rate_limit --account act_1003 --minutes 2 --times 3\n\n"
    "  meta-ads sandbox clock advance 1d",
    no_args_is_help=True,
)
clock = typer.Typer(help="What time it is in the sandbox.", invoke_without_command=True)
sandbox.add_typer(fault, name="fault")
sandbox.add_typer(clock, name="clock")

Words = Annotated[str | None, typer.Option()]


@sandbox.command("serve")
def serve_sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8900,
    seed: Annotated[int, typer.Option(help="Another seed, other numbers.")] = 7,
    now: Annotated[
        str | None, typer.Option(metavar="ISO", help="The instant it lives at; else META_ADS_NOW.")
    ] = None,
    token: Annotated[str | None, typer.Option(help="The only access token accepted.")] = None,
    app_secret: Annotated[
        str | None, typer.Option(help="Every call has to carry its appsecret_proof.")
    ] = None,
    live_versions: Annotated[
        str, typer.Option(help="Older ones are forwarded back to v22.0, then refused.")
    ] = "v25.0,v26.0",
    report_seconds: Annotated[
        float, typer.Option(min=0, help="How long a report run takes; 0: three polls.")
    ] = 0.0,
    scenario: Annotated[
        Path | None, typer.Option(help="Faults and clock changes at given times (YAML).")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Serve a recorded daily export (CSV) as one ad account.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="MEANING=COLUMN", help="Where a guess is wrong: spend=amount_spent."),
    ] = None,
    account_id: Annotated[str | None, typer.Option(help="Of the replay, such as act_1.")] = None,
    timezone: Annotated[str, typer.Option(help="Of the replay.")] = "UTC",
    currency: Annotated[str | None, typer.Option(help="Of the replay; default USD.")] = None,
) -> None:
    """Serve the sandbox until Ctrl-C, and say how to point meta-ads at it."""
    from orchestration.sandbox.control.scenario import load_scenario
    from orchestration.sandbox.replay.account import load_replay
    from orchestration.sandbox.server import serve
    from orchestration.sandbox.wire.versions import live_versions as in_order
    from orchestration.settings import load_settings

    instant = _instant(now) if now else load_settings().now_override
    script = load_scenario(scenario) if scenario else None
    account = None
    if replay is not None:
        pairs = dict(pair.partition("=")[::2] for pair in column or [])
        account = load_replay(
            replay, columns=pairs, account_id=account_id, timezone_name=timezone, currency=currency
        )
        instant = instant or account.suggested_now
        typer.echo(_replay_hint(account, port), err=True)
    serve(
        host=host,
        port=port,
        seed=seed,
        now=instant,
        replay=account,
        token=token,
        app_secret=app_secret,
        live_versions=in_order(live_versions),
        report_seconds=report_seconds,
        scenario=script,
        hint="" if replay else "In another shell: export META_API_URL={url}; meta-ads run",
    )


@sandbox.command("truth")
def show_truth(
    account: Annotated[str, typer.Argument(help="Such as act_1001.")],
    since: Words = None,
    until: Words = None,
    level: Annotated[str | None, typer.Option(help="campaign: each one's totals too.")] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """The exact totals of an account, added up apart from the rows and true under any fault.

    meta-ads sandbox truth act_1001 --since 2026-11-01 --until 2026-11-07 --level campaign
    """
    from orchestration.cli.output.sandbox_tables import print_records

    asked = {"account": account, "since": since, "until": until, "level": level}
    told = steer(url, "GET", "truth", params={k: v for k, v in asked.items() if v is not None})
    if json:
        return echo(told)
    metrics = ("spend", "impressions", "clicks", "link_clicks")
    print_records([told], ("account_id", "currency", "since", "until", *metrics))
    actions = [{"action": name, **numbers} for name, numbers in told.get("actions", {}).items()]
    print_records(actions, ("action", "count", "value"))
    if "campaigns" in told:
        print_records(told["campaigns"], ("campaign_id", "campaign_name", *metrics))
    return None


@sandbox.command("log")
def show_log(
    last: Annotated[int, typer.Option(min=1, help="So many of the latest requests.")] = 30,
    clear: Annotated[bool, typer.Option("--clear", help="Forget them instead.")] = False,
    url: Url = None,
    json: Json = False,
) -> None:
    """The latest requests: what was asked, how it was answered, which fault fired."""
    from orchestration.cli.output.sandbox_tables import print_records

    told = steer(url, "DELETE" if clear else "GET", "log")["requests"][-last:]
    if json:
        echo(told)
    elif clear:
        typer.echo("The log is empty.")
    else:
        print_records(told, ("method", "path", "level", "limit", "status", "fault"))


@sandbox.command("scenario")
def check_scenario(
    file: Annotated[Path, typer.Argument(help="A list of steps in YAML.")],
    check: Annotated[bool, typer.Option("--check", help="The default: nothing is run.")] = True,
) -> None:
    """Check a scripted day; serve runs it: meta-ads sandbox serve --scenario FILE."""
    from orchestration.sandbox.control.scenario import load_scenario

    del check
    steps = load_scenario(file).steps
    for number, step in enumerate(steps, start=1):
        say(f"{number:3}. {step.note or 'without a note'}")
    typer.echo(f"{file}: {len(steps)} {'step' if len(steps) == 1 else 'steps'}, no error.")


@clock.callback()
def read_clock(context: typer.Context, url: Url = None) -> None:
    """What time it is in the sandbox: show, set, advance, reset."""
    context.obj = url
    if context.invoked_subcommand is None:
        _show(steer(url, "GET", "clock"))


@clock.command("show")
def show_clock(context: typer.Context, url: Url = None) -> None:
    """Say what time it is there."""
    _show(steer(url or context.obj, "GET", "clock"))


@clock.command("set")
def set_clock(
    context: typer.Context,
    instant: Annotated[str, typer.Argument(metavar="ISO", help="2026-11-24T06:00:00Z")],
    running: Annotated[bool, typer.Option("--running", help="Let it run on from there.")] = False,
    url: Url = None,
) -> None:
    """Set it to an instant, where it stands unless it shall run."""
    body = {"now": instant, "running": running}
    _show(steer(url or context.obj, "POST", "clock", json=body))


@clock.command("advance")
def advance_clock(
    context: typer.Context,
    span: Annotated[str, typer.Argument(help="30m, 3h or 2d.")],
    url: Url = None,
) -> None:
    """Move it on: meta-ads sandbox clock advance 1d."""
    _show(steer(url or context.obj, "POST", "clock", json={"advance": span}))


@clock.command("reset")
def reset_clock(context: typer.Context, url: Url = None) -> None:
    """Back to the real time, or to the instant that serve was given."""
    _show(steer(url or context.obj, "DELETE", "clock"))


def _show(told: dict[str, Any]) -> None:
    typer.echo(f"{told['now']} and {'running' if told['running'] else 'standing'}")


def _instant(written: str) -> datetime:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise UsageError(f"--now {written} is not an instant in ISO 8601.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _replay_hint(account: Any, port: int) -> str:
    name = "replayed"
    return (
        "In another shell:\n"
        f"  printf 'clients:\\n  - {{client_id: {name}, name: Replayed, "
        f"ad_account_id: act_{account.account.id}, starts_on: {account.first_day}}}\\n' "
        "> replay.yml\n"
        f"  export META_API_URL=http://127.0.0.1:{port} META_ADS_CLIENTS=replay.yml "
        f"META_ADS_NOW={iso_instant(account.suggested_now)}\n"
        f"  meta-ads run --since {account.first_day} --until {account.last_day}\n"
    )
