"""`meta-ads publications` and `meta-ads explain`: what was published when, and why it is so."""

from typing import Annotated

import typer

from orchestration.cli.options import Json, OnlyClients, Reason

publications = typer.Typer(
    help="What was published when: list, compare, take back, verify.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="As publications list shows it.")]


@publications.command("list")
def publications_list(
    limit: Annotated[int, typer.Option(min=1, help="So many of the newest.")] = 30,
    json: Json = False,
) -> None:
    """List the publications, newest first: when, what kind, how much changed.

    A build that changes no row publishes nothing, so numbers may be missing.
    """
    from orchestration.cli.actions.publications import print_publications
    from orchestration.cli.session import open_warehouse

    print_publications(open_warehouse(), limit, as_json=json)


@publications.command("show")
def publications_show(publication: Number, client: OnlyClients = None, json: Json = False) -> None:
    """Show what a publication changed: rows and sums of each client-month and mart afterwards."""
    from orchestration.cli.actions.publications import show_publication
    from orchestration.cli.session import open_warehouse

    show_publication(open_warehouse(), publication, client or [], as_json=json)


@publications.command("diff")
def publications_diff(
    a: Annotated[int, typer.Argument(metavar="A", min=0, help="0: before the first one.")],
    b: Annotated[int, typer.Argument(metavar="B", min=0)],
    client: OnlyClients = None,
    days: Annotated[bool, typer.Option("--days", help="Also compare the campaigns' days.")] = False,
    json: Json = False,
) -> None:
    """Compare the marts as two publications left them: what changed from A to B.

    A line for each client, campaign, month and metric that differs. B may be the earlier one.
    """
    from orchestration.cli.actions.publications import print_diff
    from orchestration.cli.session import open_warehouse

    print_diff(open_warehouse(), a, b, client or [], with_days=days, as_json=json)


@publications.command("rollback")
def publications_rollback(
    publication: Number, client: OnlyClients = None, *, reason: Reason
) -> None:
    """Publish anew what a publication showed; nothing of what came after it is lost.

    It is a publication of its own: all marts at once, of every client or only of those named. The
    client-months stay so until their data change, the rules change, or meta-ads build
    --full-refresh.
    """
    from orchestration.cli.actions.publications import roll_back_to
    from orchestration.cli.session import open_warehouse

    roll_back_to(open_warehouse(), publication, client or [], reason)


@publications.command("verify")
def publications_verify(json: Json = False) -> None:
    """Check that every row is as it was published; names those changed behind the back.

    Exit code 0 when all are, else 1.
    """
    from orchestration.cli.actions.publications import print_verification
    from orchestration.cli.session import open_warehouse

    raise typer.Exit(0 if print_verification(open_warehouse(), as_json=json) else 1)


@publications.command("prune")
def publications_prune(
    keep_days: Annotated[
        int, typer.Option(min=0, help="What was published in so many days stays readable.")
    ] = 90,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be given up.")
    ] = False,
) -> None:
    """Give up old states of the marts; what is published now is never touched.

    The last publication of each calendar month stays readable for good, as does the latest one.
    """
    from orchestration.cli.actions.publications import prune_publications
    from orchestration.cli.session import open_warehouse

    prune_publications(open_warehouse(), keep_days, dry_run=dry_run)


def explain(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="As in the clients file.")],
    month: Annotated[str, typer.Argument(metavar="YYYY-MM")],
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="ID", help="Down to days and API rows.")
    ] = None,
    metric: Annotated[
        str,
        typer.Option(
            help="spend, impressions, clicks, link_clicks, conversions, conversion_value, "
            "purchases, purchase_value, leads, or a conversion family such as add_to_cart."
        ),
    ] = "spend",
    json: Json = False,
) -> None:
    """Follow a published number down to the API's own rows, and back through its earlier values.

    Without --campaign: the client's number, how far the month is, each campaign's part. With it:
    the campaign's days, each with its publication, batch, receipts and the row as Meta sent it.
    """
    from orchestration.cli.actions.explain import explain_number
    from orchestration.cli.session import open_session
    from orchestration.explain.explanation import Question

    with open_session() as session:
        explain_number(session, Question.asked(client, month, campaign, metric), as_json=json)
