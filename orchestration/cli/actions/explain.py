"""`meta-ads explain`: prints the trail of a published number."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg

from orchestration.answers.slices import LEVELS_IN_WORDS
from orchestration.cli.output.console import say
from orchestration.cli.output.documents import print_document
from orchestration.cli.session import Session
from orchestration.explain.days import DayTrail
from orchestration.explain.earlier import EarlierValue
from orchestration.explain.explanation import DayLine, Explanation, Question, explanation
from orchestration.explain.metrics import CountedType, Metric, counted_for
from orchestration.explain.number import PublishedNumber
from orchestration.explain.state import LeftOut, MonthState
from orchestration.text import days_in_words, plain
from orchestration.warehouse.connection import connect
from orchestration.warehouse.publications.publications import check_clients


def explain_number(session: Session, question: Question, *, as_json: bool) -> None:
    """Print where a published number comes from.

    Raises:
        UsageError: unknown client or campaign, or the month was never published.
    """
    with connect(session.settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # One that left the clients file keeps its numbers; one of the file may have none yet.
        if question.client_id not in [client.client_id for client in session.clients]:
            check_clients(connection, [question.client_id])
        answer = explanation(connection, question)
    if as_json:
        print_document(_document(question, answer))
    else:
        _print(question, answer)


def _document(asked: Question, answer: Explanation) -> dict[str, Any]:
    return {
        "client_id": asked.client_id,
        "month": asked.month,
        "campaign_id": asked.campaign_id,
        "metric": asked.metric.name,
        **asdict(answer.number),
        "state": asdict(answer.state),
        "left_out": answer.left_out,
        "counted_types": answer.counted,
        "campaigns": answer.campaigns,
        "days": [
            asdict(day.trail)
            | {
                "api_entries": day.api_entries,
                "answered_entries": day.answered_entries,
                "api_value": day.api_value,
                "differs": day.differs,
            }
            for day in answer.days
        ],
        "earlier_values": answer.earlier,
    }


def _print(asked: Question, answer: Explanation) -> None:
    number, state = answer.number, answer.state
    of = f" campaign {asked.campaign_id}" if asked.campaign_id else ""
    say(
        f"{asked.client_id} {asked.month:%Y-%m}{of}: {asked.metric.name} "
        f"{_amount(number.value)}{_unit(asked.metric, number)}, unchanged since publication "
        f"{number.publication_id} of {_instant(number.published_at)} UTC."
    )
    if number.value is None and number.null_reason:
        say(f"Unknown: {number.null_reason}.")
    say(
        f"The month is {state.month_state}: {state.days_received} of {state.days_owed} owed days "
        "received"
        + (f", missing {days_in_words(state.missing_days)}." if state.missing_days else ".")
    )
    _print_standing(state, answer.left_out)
    if asked.metric.array:
        _print_counted(asked.metric, answer.counted)
    if answer.campaigns:
        say("Its campaigns:")
    for campaign in answer.campaigns:
        name = f" ({campaign.campaign_name})" if campaign.campaign_name else ""
        say(
            f"    {campaign.campaign_id}{name}: {_amount(campaign.value)}, publication "
            f"{campaign.publication_id}"
        )
    if answer.campaigns:
        say("--campaign ID follows one of them down to its days and the rows that Meta sent.")
    _print_days(asked, answer)
    _print_earlier(answer.earlier)


def _print_standing(state: MonthState, out: LeftOut | None) -> None:
    if out is not None:
        say(f"Build {out.build_id} left it out: {out.reason}. The marts keep what was published.")
        for finding in out.findings:
            day = f" {finding.date_day}" if finding.date_day else ""
            say(f"    {finding.check} ({finding.severity}){day}: {finding.detail}")
    elif state.is_pending:
        say("Pending: its data changed since it was published; meta-ads build publishes them.")


def _print_counted(metric: Metric, counted: Sequence[CountedType]) -> None:
    chosen = [
        f"{one.conversion_family} as {', or else '.join(one.types)}"
        for one in counted_for(metric, counted)
    ]
    say(f"Counted: {', '.join(chosen) or 'nothing, no such action type occurred'}.")


def _print_days(asked: Question, answer: Explanation) -> None:
    if asked.campaign_id is None:
        return
    say("Its days:")
    for day in answer.days:
        say(f"    {_day(asked.metric, day)}")
    if asked.metric.column is None:
        total = sum((day.api_value or Decimal(0) for day in answer.days), Decimal(0))
        same = "as published" if total == answer.number.value else "which is not what is published"
        say(f"{asked.metric.name} is published by month; the API's rows add up to {total}, {same}.")
    if any(day.differs for day in answer.days):
        say(f"Days differ from the API's rows that stand: {_why_they_differ(answer)}.")


def _why_they_differ(answer: Explanation) -> str:
    latest = answer.earlier[-1] if answer.earlier else None
    if answer.left_out is not None:
        return f"the build left the month out ({answer.left_out.reason})"
    if answer.state.is_pending:
        return "they are pending, the next build publishes them"
    if latest is not None and latest.kind == "rollback":
        return f"publication {latest.publication_id} was a rollback"
    return "no reason is known, meta-ads publications verify tells whether rows were changed"


def _day(metric: Metric, day: DayLine) -> str:
    trail = day.trail
    parts = [f"{trail.date_day}:"]
    if metric.column is None:
        parts.append("by month only;")
    elif not trail.is_published:
        parts.append("not published;")
    else:
        parts.append(f"{_amount(trail.published)}, publication {trail.publication_id};")
    parts.append(_standing(trail))
    if trail.api_row is None:
        parts.append("without a row of this campaign")
    else:
        parts.append(f"API: {_entries(day.api_entries)}")
    if trail.mended_from:
        own = day.answered_entries
        beside = "" if own is None else f"; the campaign's own row: {_entries(own)}"
        parts.append(f"(mended from {LEVELS_IN_WORDS[trail.mended_from]}{beside})")
    if trail.refused:
        parts.append(f"-- the latest reading was refused: {trail.refused}")
    if day.differs:
        parts.append("-- differs")
    return " ".join(parts)


def _entries(written: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in written.items()) or "no entry"


def _standing(trail: DayTrail) -> str:
    if trail.batch_id is None:
        return "no batch stands,"
    asked = sum(receipt["state"] == "asked" for receipt in trail.receipts)
    good = sum(receipt["state"] in ("received", "empty") for receipt in trail.receipts)
    facts = [f"batch {trail.batch_id}"]
    if trail.received_at:
        facts.append(f"received {_instant(trail.received_at)}")
    if trail.confirmed_at:
        facts.append(f"confirmed {_instant(trail.confirmed_at)}")
    if trail.read_for:
        facts.append(f"read for {trail.read_for}")
    facts.append(f"asked {asked} times, {good} receipts")
    return f"{', '.join(facts)};"


def _print_earlier(earlier: Sequence[EarlierValue]) -> None:
    say("Its values as of each publication that changed the month:")
    for one in earlier:
        value = "no longer kept (pruned)" if one.is_pruned else _amount(one.value)
        say(
            f"    {one.publication_id} of {_instant(one.published_at)} ({one.kind}): {value}; "
            + "; ".join(one.reasons)
        )


def _amount(value: Decimal | None) -> str:
    return "unknown" if value is None else plain(value)


def _unit(metric: Metric, number: PublishedNumber) -> str:
    is_money = metric.name in ("spend", "conversion_value", "purchase_value")
    return f" {number.currency}" if is_money and number.currency else ""


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
