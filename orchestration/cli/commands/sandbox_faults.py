"""`meta-ads sandbox fault …`: the dial that spoils the sandbox's answers."""

import difflib
import json as jsons
from typing import Annotated, Any

import typer

from orchestration.errors import UsageError
from orchestration.foreign_text import shown_json

fault = typer.Typer(help="What goes wrong: list, set, show, clear.", no_args_is_help=True)

Url = Annotated[
    str | None,
    typer.Option("--url", help="Of the sandbox; default META_API_URL, else 127.0.0.1:8900."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]


@fault.command("list")
def list_kinds(json: Json = False) -> None:
    """Every kind of fault, what the caller gets, and the fields it takes.

    Needs no running sandbox.
    """
    from orchestration.cli.output.sandbox_tables import print_kinds
    from orchestration.sandbox.faults.kinds import families, kinds, takes

    if not json:
        return print_kinds()
    described = kinds()
    return echo(
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
    what: Annotated[str | None, typer.Option(help="What vanishes: values, delivery, …")] = None,
    family: Annotated[str | None, typer.Option(help="Of what vanishes: purchase, lead.")] = None,
    share: Annotated[float | None, typer.Option(min=0, max=1, help="The part that stays.")] = None,
    levels: Annotated[str | None, typer.Option(help="With commas: account,campaign.")] = None,
    rate: Annotated[float | None, typer.Option(min=0, max=1, help="Of refunds and such.")] = None,
    url: Url = None,
) -> None:
    """Set a fault; prints its id.

    Two pages of act_1003 come late, then all is well again:

      meta-ads sandbox fault set slow --account act_1003 --path insights --seconds 5 --times 2

    Every tenth call or so breaks off, the same ones in every run:

      meta-ads sandbox fault set reset --probability 0.1 --seed 3

    Campaign rows of one week lose their purchases:

      meta-ads sandbox fault set split_purchase --since 2026-11-02 --until 2026-11-08

    From then on most of the delivery is lost, and all levels agree on it:

      meta-ads sandbox fault set vanish --what delivery --share 0.3 --since 2026-11-02
    """
    given = {name: value for name, value in locals().items() if name != "url"}
    _check_kind(kind)
    body = {name: value for name, value in given.items() if value is not None}
    answer = steer(url, "POST", "faults", json=body)
    typer.echo(f"Fault {answer['id']} is set: {kind}.")


@fault.command("show")
def show_faults(url: Url = None, json: Json = False) -> None:
    """The faults that are set, and how often each met a request and spoiled it."""
    from orchestration.cli.output.sandbox_tables import print_faults

    faults = steer(url, "GET", "faults")["faults"]
    if json:
        echo(faults)
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
    removed = steer(url, "DELETE", f"faults/{fault_id}" if fault_id else "faults")["removed"]
    if fault_id and not removed:
        raise UsageError(f"No fault {fault_id} is set: meta-ads sandbox fault show lists them.")
    typer.echo(f"{removed} {'fault' if removed == 1 else 'faults'} cleared.")


def steer(url: str | None, method: str, path: str, **request: Any) -> dict[str, Any]:
    """Call one of the routes of the sandbox at `url`, else where the settings say."""
    from orchestration.sandbox.control import remote
    from orchestration.settings import load_settings

    return remote.steer(remote.sandbox_url(url, load_settings().api_url), method, path, **request)


def echo(document: Any) -> None:
    """Print a document as JSON."""
    typer.echo(shown_json(jsons.dumps(document, indent=2, ensure_ascii=False)))


def _check_kind(kind: str) -> None:
    from orchestration.sandbox.faults.kinds import kinds

    known = kinds()
    if kind in known:
        return
    near = difflib.get_close_matches(kind, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "there is none like it."
    raise UsageError(f"No kind of fault is called {kind}: {hint} sandbox fault list shows all.")
