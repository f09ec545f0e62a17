"""`meta-ads publications`: what was published when, and how to go back."""

from typing import Annotated

import typer

from orchestration.cli.options import Json, OnlyClients, Reason, Yes

publications = typer.Typer(
    help="List, compare, verify, roll back and prune publications of the marts.\n\n"
    "A publication replaces the changed client-months in all marts in one step. What earlier "
    "publications showed stays readable until it is pruned.",
    no_args_is_help=True,
)
PublicationId = Annotated[
    int,
    typer.Argument(metavar="ID", min=1, help="A number that meta-ads publications list prints."),
]


@publications.command("list")
def publications_list(
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest are listed.")] = 30,
    json: Json = False,
) -> None:
    """List the publications, newest first: when, of what kind, and how much changed.

    A build that changes no row publishes nothing, so numbers may be missing.
    """
    from orchestration.cli.actions.publications import list_publications
    from orchestration.cli.session import open_warehouse

    list_publications(open_warehouse(), limit, as_json=json)


@publications.command("show")
def publications_show(
    publication: PublicationId, client: OnlyClients = None, json: Json = False
) -> None:
    """Show what a publication changed: the rows and sums of each client-month and mart after it."""
    from orchestration.cli.actions.publications import show_publication
    from orchestration.cli.session import open_warehouse

    show_publication(open_warehouse(), publication, client or [], as_json=json)


@publications.command("diff")
def publications_diff(
    a: Annotated[
        int,
        typer.Argument(
            metavar="A", min=0, help="Publication to compare from; 0 is before the first one."
        ),
    ],
    b: Annotated[
        int,
        typer.Argument(
            metavar="B", min=0, help="Publication to compare with; may be the earlier one."
        ),
    ],
    client: OnlyClients = None,
    days: Annotated[
        bool, typer.Option("--days", help="Compare the days of each campaign as well.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare the marts after two publications: print what changed from A to B.

    One line for each client, campaign, month and metric that differs.
    """
    from orchestration.cli.actions.publications import compare_publications
    from orchestration.cli.session import open_warehouse

    compare_publications(open_warehouse(), a, b, client or [], with_days=days, as_json=json)


@publications.command("rollback")
def publications_rollback(
    publication: PublicationId, client: OnlyClients = None, *, reason: Reason
) -> None:
    """Publish again what an earlier publication showed; later publications stay in the history.

    A rollback is a publication of its own: all marts change in one step, for all clients or for
    those named.

    The client-months stay so until their data change, the rules change, or somebody calls meta-ads
    build --full-refresh.
    """
    from orchestration.cli.actions.publications import roll_back_to
    from orchestration.cli.session import open_warehouse

    roll_back_to(open_warehouse(), publication, client or [], reason)


@publications.command("verify")
def publications_verify(json: Json = False) -> None:
    """Check that every row is as it was published; list the rows that somebody changed by hand.

    Exit code 0: all rows are as published. 1: some are not.
    """
    from orchestration.cli.actions.publications import verify_publications
    from orchestration.cli.session import open_warehouse

    raise typer.Exit(verify_publications(open_warehouse(), as_json=json))


@publications.command("prune")
def publications_prune(
    keep_days: Annotated[
        int,
        typer.Option(min=0, help="For how many days everything that was published stays readable."),
    ] = 90,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Remove what old publications showed from the history; what is published now stays.

    The latest publication and the last one of each calendar month always stay readable.
    """
    from orchestration.cli.actions.publications import prune_publications
    from orchestration.cli.session import open_warehouse

    prune_publications(open_warehouse(), keep_days, dry_run=dry_run, without_asking=yes)
