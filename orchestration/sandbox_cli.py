"""`meta-ads sandbox …`: run a local Insights API, spoil its answers, ask it for the truth."""

import difflib
import json as jsons
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.errors import UsageError

sandbox = typer.Typer(
    help="A local Insights API with seeded data, and the dial that spoils its answers.\n\n"
    "meta-ads sandbox serve, then in another shell:\n\n"
    "  meta-ads sandbox fault list\n\n"
    "  meta-ads sandbox fault set rate_limit --account act_1003 --minutes 2 --times 3\n\n"
    "  meta-ads sandbox clock advance 1d",
    no_args_is_help=True,
)
fault = typer.Typer(help="What goes wrong: list, set, show, clear.", no_args_is_help=True)
clock = typer.Typer(help="What time it is in the sandbox.", invoke_without_command=True)
sandbox.add_typer(fault, name="fault")
sandbox.add_typer(clock, name="clock")

Url = Annotated[
    str | None,
    typer.Option("--url", help="Of the sandbox; default META_API_URL, else 127.0.0.1:8900."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
Words = Annotated[str | None, typer.Option()]
Count = Annotated[int | None, typer.Option(min=0)]


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
    from orchestration.sandbox.replay import load_replay
    from orchestration.sandbox.scenario import load_scenario
    from orchestration.sandbox.server import serve
    from orchestration.sandbox.versions import live_versions as in_order
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
    )


@fault.command("list")
def list_kinds(json: Json = False) -> None:
    """Every kind of fault, what the caller gets, and the fields it takes.

    Needs no running sandbox.
    """
    from orchestration.sandbox.faults import families, kinds, takes
    from orchestration.sandbox.tables import print_kinds

    if not json:
        return print_kinds()
    described = kinds()
    return _echo(
        {
            family: {
                name: {"description": described[name], "fields": list(takes(name))}
                for name in names
            }
            for family, names in families().items()
        }
    )


@fault.command("set")
def set_fault(
    kind: Annotated[str, typer.Argument(help="One of: meta-ads sandbox fault list.")],
    account: Annotated[str | None, typer.Option(help="Only this ad account: act_1003.")] = None,
    path: Annotated[str | None, typer.Option(help="Only paths that hold this: insights.")] = None,
    level: Annotated[str | None, typer.Option(help="account, campaign, adset or ad.")] = None,
    since: Annotated[str | None, typer.Option(help="First day of wrong data.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day of wrong data.")] = None,
    nth: Annotated[int | None, typer.Option(min=1, help="Only this match, from 1.")] = None,
    after: Annotated[int | None, typer.Option(min=0, help="Spare so many matches.")] = None,
    times: Annotated[int | None, typer.Option(min=0, help="Fire so often; else always.")] = None,
    probability: Annotated[float | None, typer.Option(min=0, max=1, help="Of firing.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Makes chance repeatable.")] = None,
    for_seconds: Annotated[float | None, typer.Option(min=0, help="Over after this.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="Of waiting.")] = None,
    minutes: Annotated[int | None, typer.Option(min=0, help="Until access is back.")] = None,
    percent: Annotated[int | None, typer.Option(min=0, help="Of the limit that is used.")] = None,
    scope: Annotated[str | None, typer.Option(help="Whose limit: account, app, business.")] = None,
    headers: Annotated[
        bool | None, typer.Option("--headers/--no-headers", help="Say so in the usage headers.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=0, help="Only pages above this.")] = None,
    days: Annotated[int | None, typer.Option(min=0, help="Only ranges above this.")] = None,
    campaigns: Annotated[int | None, typer.Option(min=0, help="Named ones allowed.")] = None,
    url: Url = None,
) -> None:
    """Set a fault; prints its id.

    Two pages of act_1003 come late, then all is well again:

      meta-ads sandbox fault set slow --account act_1003 --path insights --seconds 5 --times 2

    Every tenth call or so breaks off, the same ones in every run:

      meta-ads sandbox fault set reset --probability 0.1 --seed 3

    Campaign rows of one week lose their purchases:

      meta-ads sandbox fault set split_purchase --since 2026-11-02 --until 2026-11-08
    """
    given = {name: value for name, value in locals().items() if name != "url"}
    _check_kind(kind)
    body = {name: value for name, value in given.items() if value is not None}
    answer = _steer(url, "POST", "faults", json=body)
    typer.echo(f"Fault {answer['id']} is set: {kind}.")


@fault.command("show")
def show_faults(url: Url = None, json: Json = False) -> None:
    """The faults that are set, and how often each met a request and spoiled it."""
    from orchestration.sandbox.tables import print_faults

    faults = _steer(url, "GET", "faults")["faults"]
    if json:
        _echo(faults)
    elif faults:
        print_faults(faults)
    else:
        typer.echo("No fault is set.")


@fault.command("clear")
def clear_faults(
    fault_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="None: all.")] = None,
    url: Url = None,
) -> None:
    """Take one fault off, or all of them."""
    removed = _steer(url, "DELETE", f"faults/{fault_id}" if fault_id else "faults")["removed"]
    if fault_id and not removed:
        raise UsageError(f"No fault {fault_id} is set: meta-ads sandbox fault show lists them.")
    typer.echo(f"{removed} {'fault' if removed == 1 else 'faults'} cleared.")


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
    from orchestration.sandbox.tables import print_records

    asked = {"account": account, "since": since, "until": until, "level": level}
    told = _steer(url, "GET", "truth", params={k: v for k, v in asked.items() if v is not None})
    if json:
        return _echo(told)
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
    from orchestration.sandbox.tables import print_records

    told = _steer(url, "DELETE" if clear else "GET", "log")["requests"][-last:]
    if json:
        _echo(told)
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
    from orchestration.sandbox.scenario import load_scenario

    del check
    steps = load_scenario(file).steps
    for number, step in enumerate(steps, start=1):
        typer.echo(f"{number:3}. {step.note or 'without a note'}")
    typer.echo(f"{file}: {len(steps)} {'step' if len(steps) == 1 else 'steps'}, no error.")


@clock.callback()
def read_clock(context: typer.Context, url: Url = None) -> None:
    """What time it is in the sandbox: show, set, advance, reset."""
    context.obj = url
    if context.invoked_subcommand is None:
        _show(_steer(url, "GET", "clock"))


@clock.command("show")
def show_clock(context: typer.Context, url: Url = None) -> None:
    """Say what time it is there."""
    _show(_steer(url or context.obj, "GET", "clock"))


@clock.command("set")
def set_clock(
    context: typer.Context,
    instant: Annotated[str, typer.Argument(metavar="ISO", help="2026-11-24T06:00:00Z")],
    running: Annotated[bool, typer.Option("--running", help="Let it run on from there.")] = False,
    url: Url = None,
) -> None:
    """Set it to an instant, where it stands unless it shall run."""
    body = {"now": instant, "running": running}
    _show(_steer(url or context.obj, "POST", "clock", json=body))


@clock.command("advance")
def advance_clock(
    context: typer.Context,
    span: Annotated[str, typer.Argument(help="30m, 3h or 2d.")],
    url: Url = None,
) -> None:
    """Move it on: meta-ads sandbox clock advance 1d."""
    _show(_steer(url or context.obj, "POST", "clock", json={"advance": span}))


@clock.command("reset")
def reset_clock(context: typer.Context, url: Url = None) -> None:
    """Back to the real time, or to the instant that serve was given."""
    _show(_steer(url or context.obj, "DELETE", "clock"))


def _check_kind(kind: str) -> None:
    from orchestration.sandbox.faults import kinds

    known = kinds()
    if kind in known:
        return
    near = difflib.get_close_matches(kind, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "there is none like it."
    raise UsageError(f"No kind of fault is called {kind}: {hint} sandbox fault list shows all.")


def _steer(url: str | None, method: str, path: str, **request: Any) -> dict[str, Any]:
    from orchestration.sandbox.remote import sandbox_url, steer
    from orchestration.settings import load_settings

    return steer(sandbox_url(url, load_settings().api_url), method, path, **request)


def _show(told: dict[str, Any]) -> None:
    typer.echo(f"{told['now']} and {'running' if told['running'] else 'standing'}")


def _echo(document: Any) -> None:
    typer.echo(jsons.dumps(document, indent=2, ensure_ascii=False))


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
        f"META_ADS_NOW={account.suggested_now:%Y-%m-%dT%H:%M:%SZ}\n"
        f"  meta-ads run --since {account.first_day} --until {account.last_day}\n"
    )
