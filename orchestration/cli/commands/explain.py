"""`meta-ads explain`: where a published number comes from."""

from typing import Annotated

import typer

from orchestration.cli.options import ClientId, Json


def explain(
    client: ClientId,
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month of the number.")],
    campaign: Annotated[
        str | None,
        typer.Option(
            "--campaign",
            metavar="ID",
            help="Explain the number of this campaign, down to its days and the rows of the API. "
            "Default: the number of the client.",
        ),
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
    """Show where a published number comes from, and its earlier values.

    Without --campaign: the client's number, how complete the month is, and each campaign's part.

    With --campaign: the campaign's days, each with its publication, batch, receipts and the row
    that Meta sent.
    """
    from orchestration.cli.actions.explain import explain_number
    from orchestration.cli.session import open_session
    from orchestration.explain.explanation import Question

    question = Question.asked(client, month, campaign, metric)
    with open_session() as session:
        explain_number(session, question, as_json=json)
