"""What `meta-ads explain` does: gather where a published number comes from, and print it."""

from dataclasses import asdict
from typing import Any

import psycopg

from orchestration.cli.output.documents import print_document
from orchestration.cli.output.explain import print_explanation
from orchestration.cli.session import Session
from orchestration.explain.explanation import Explanation, Question, explain
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.clients import check_clients


def explain_number(session: Session, question: Question, *, as_json: bool) -> None:
    """Explain a published number, read in one snapshot of the warehouse.

    Raises:
        UsageError: no such client or campaign, or the month was never published.
    """
    with connect(session.settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # A client that left the clients file keeps its numbers; a new one may not be known yet.
        if question.client_id not in session.client_ids:
            check_clients(connection, [question.client_id])
        explanation = explain(connection, question)
    if as_json:
        print_document(_document(question, explanation))
    else:
        print_explanation(question, explanation)


def _document(question: Question, explanation: Explanation) -> dict[str, Any]:
    return {
        "client_id": question.client_id,
        "month": question.month,
        "campaign_id": question.campaign_id,
        "metric": question.metric.name,
        **asdict(explanation.number),
        "state": asdict(explanation.state),
        "left_out": explanation.left_out,
        "counted_types": explanation.counted,
        "campaigns": explanation.campaigns,
        "days": [
            asdict(day.trail)
            | {
                "api_entries": day.api_entries,
                "answered_entries": day.answered_entries,
                "api_value": day.api_value,
                "differs": day.differs,
            }
            for day in explanation.days
        ],
        "earlier_values": explanation.earlier,
    }
