"""`meta-ads sandbox fault …`: the faults that spoil the sandbox's answers."""

import difflib
from typing import Annotated, Any

import typer

from orchestration.cli.options import Json
from orchestration.cli.output.documents import print_document
from orchestration.errors import UsageError
from orchestration.text import plural

fault = typer.Typer(help="What goes wrong: list, set, show, clear.", no_args_is_help=True)

Url = Annotated[
    str | None,
    typer.Option("--url", help="Of the sandbox; default META_API_URL, else 127.0.0.1:8900."),
]


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
    return print_document(
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
    after: Annotated[int | None, typer.Option(min=0, help="Matches to spare first.")] = None,
    times: Annotated[int | None, typer.Option(min=0, help="How often; else always.")] = None,
    probability: Annotated[float | None, typer.Option(min=0, max=1, help="Chance to fire.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Makes chance repeatable.")] = None,
    for_seconds: Annotated[float | None, typer.Option(min=0, help="Ends after this.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="How long an answer waits.")] = None,
    minutes: Annotated[int | None, typer.Option(min=0, help="Until access is back.")] = None,
    percent: Annotated[int | None, typer.Option(min=0, help="Of the limit that is used.")] = None,
    scope: Annotated[str | None, typer.Option(help="Whose limit: account, app, business.")] = None,
    headers: Annotated[
        bool | None,
        typer.Option("--headers/--no-headers", help="In the usage headers too."),
    ] = None,
    rows: Annotated[int | None, typer.Option(min=0, help="Only pages of more rows.")] = None,
    days: Annotated[int | None, typer.Option(min=0, help="Only ranges of more days.")] = None,
    campaigns: Annotated[int | None, typer.Option(min=0, help="Most a filter may name.")] = None,
    what: Annotated[str | None, typer.Option(help="What vanishes: values, delivery, …")] = None,
    family: Annotated[str | None, typer.Option(help="Of what vanishes: purchase, lead.")] = None,
    share: Annotated[float | None, typer.Option(min=0, max=1, help="The part that stays.")] = None,
    levels: Annotated[str | None, typer.Option(help="With commas: account,campaign.")] = None,
    rate: Annotated[float | None, typer.Option(min=0, max=1, help="Of refunds and such.")] = None,
    url: Url = None,
) -> None:
    """Set a fault; prints its id.

    Two pages of act_1003 come late, the pages after them on time:

      meta-ads sandbox fault set slow --account act_1003 --path insights --seconds 5 --times 2

    About every tenth call breaks off, the same calls in every run:

      meta-ads sandbox fault set reset --probability 0.1 --seed 3

    Campaign rows of one week lose their purchases:

      meta-ads sandbox fault set split_purchase --since 2026-11-02 --until 2026-11-08

    From then on most of the delivery is lost, and all levels agree on it:

      meta-ads sandbox fault set vanish --what delivery --share 0.3 --since 2026-11-02
    """
    given = {name: value for name, value in locals().items() if name != "url"}
    _check_kind(kind)
    body = {name: value for name, value in given.items() if value is not None}
    if account is not None:
        from orchestration.clients.model import complete_account_id

        body["account"] = complete_account_id(account)
    answer = steer(url, "POST", "faults", json=body)
    typer.echo(f"Fault {answer['id']} is set: {kind}.")


@fault.command("show")
def show_faults(url: Url = None, json: Json = False) -> None:
    """The faults that are set, and how often each met a request and spoiled it."""
    from orchestration.cli.output.sandbox_tables import print_faults

    faults = steer(url, "GET", "faults")["faults"]
    if json:
        print_document(faults)
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
    typer.echo(f"{plural(removed, 'fault')} cleared.")


def steer(url: str | None, method: str, path: str, **request: Any) -> dict[str, Any]:
    """Call a route of the sandbox at `url`; without it at the URL of the settings."""
    from orchestration.sandbox.control import remote
    from orchestration.settings import load_settings

    return remote.steer(remote.sandbox_url(url, load_settings().api_url), method, path, **request)


def _check_kind(kind: str) -> None:
    from orchestration.sandbox.faults.kinds import kinds

    known = kinds()
    if kind in known:
        return
    near = difflib.get_close_matches(kind, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "there is none like it."
    raise UsageError(f"No kind of fault is called {kind}: {hint} sandbox fault list shows all.")
