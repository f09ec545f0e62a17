"""What `meta-ads explain` prints for people: where a published number comes from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from orchestration.answers.slices import LEVELS_IN_WORDS
from orchestration.cli.output.console import say, say_data
from orchestration.cli.output.tables import utc_seconds
from orchestration.days import days_in_words
from orchestration.expectations.catalogue.reasons import (
    left_out_in_words,
    reason_in_words,
    sentences,
)
from orchestration.explain.days import DayTrail
from orchestration.explain.earlier import EarlierValue
from orchestration.explain.explanation import DayLine, Explanation, Question
from orchestration.explain.metrics import CountedType, Metric, counted_for
from orchestration.explain.number import CampaignLine, PublishedNumber
from orchestration.explain.state import Finding, LeftOut, MonthState
from orchestration.text import plain


def print_explanation(question: Question, explanation: Explanation) -> None:
    """Print the number, the state of its month, what it is made of, and its earlier values."""
    _print_number(question, explanation.number)
    _print_month(explanation.state, explanation.left_out)
    if question.metric.array:
        _print_counted(question.metric, explanation.counted)
    if explanation.campaigns:
        _print_campaigns(explanation.campaigns)
    if question.campaign_id is not None:
        _print_days(question.metric, explanation)
    _print_earlier(explanation.earlier)


def _print_number(question: Question, number: PublishedNumber) -> None:
    of = f" campaign {question.campaign_id}" if question.campaign_id else ""
    say_data(
        f"{question.client_id} {question.month:%Y-%m}{of}: {question.metric.name} "
        f"{_amount(number.value)}{_unit(question.metric, number)}, unchanged since publication "
        f"{number.publication_id} of {utc_seconds(number.published_at)} UTC."
    )
    if number.value is None and number.null_reason:
        say(f"Unknown: {number.null_reason}.")


def _print_campaigns(campaigns: Sequence[CampaignLine]) -> None:
    say("Its campaigns:")
    for campaign in campaigns:
        name = f" ({campaign.campaign_name})" if campaign.campaign_name else ""
        say_data(
            f"    {campaign.campaign_id}{name}: {_amount(campaign.value)}, publication "
            f"{campaign.publication_id}"
        )
    say("--campaign ID shows the days of one of them and the rows that Meta sent.")


def _print_month(state: MonthState, out: LeftOut | None) -> None:
    say(
        f"The month is {state.month_state}: {state.days_received} of {state.days_owed} owed days "
        "received"
        + (f", missing {days_in_words(state.missing_days)}." if state.missing_days else ".")
    )
    if out is not None:
        why = left_out_in_words(out.reason)
        say(f"Build {out.build_id} left it out: {why}. The marts keep what was published.")
        for line in _findings(out.findings):
            say_data(f"    {line}")
    elif state.is_pending:
        say("Pending: its data changed since it was published; meta-ads build publishes them.")


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    """A line for each thing that was found, with its days: none where it is about the month."""
    days: dict[tuple[str, str, str], list[date]] = {}
    for found in findings:
        of_detail = days.setdefault((found.check, found.severity, found.detail), [])
        of_detail += [found.date_day] if found.date_day else []
    for (check, severity, detail), of_detail in days.items():
        when = f" {days_in_words(of_detail)}" if of_detail else ""
        yield f"{sentences([check])} ({severity}){when}: {detail}"


def _print_counted(metric: Metric, counted: Sequence[CountedType]) -> None:
    chosen = [
        f"{family.conversion_family} as {', or else '.join(family.types)}"
        for family in counted_for(metric, counted)
    ]
    say(f"Counted: {', '.join(chosen) or 'nothing, no such action type occurred'}.")


def _print_days(metric: Metric, explanation: Explanation) -> None:
    say("Its days:")
    for day in explanation.days:
        say_data(f"    {_day(metric, day)}")
    pruned = [day.trail.date_day for day in explanation.days if day.trail.is_pruned]
    if pruned:
        say(
            f"The rows that Meta sent are no longer kept for {days_in_words(pruned)} "
            "(META_ADS_KEEP_STANDING_MONTHS): these days cannot be compared with them. What is "
            "published, batches and receipts are as they were."
        )
    if metric.column is None and pruned:
        say(
            f"{metric.name} is published by month, and cannot be added up again without these days."
        )
    elif metric.column is None:
        total = sum((day.api_value or Decimal(0) for day in explanation.days), Decimal(0))
        same = (
            "as published"
            if total == explanation.number.value
            else "which is not what is published"
        )
        say(f"{metric.name} is published by month; the API's rows add up to {total}, {same}.")
    if any(day.differs for day in explanation.days):
        say(f"Days differ from the API's rows that stand: {_why_they_differ(explanation)}.")


def _why_they_differ(explanation: Explanation) -> str:
    latest = explanation.earlier[-1] if explanation.earlier else None
    if explanation.left_out is not None:
        return f"the build left the month out ({left_out_in_words(explanation.left_out.reason)})"
    if explanation.state.is_pending:
        return "they are pending, the next build publishes them"
    if latest is not None and latest.kind == "rollback":
        return f"publication {latest.publication_id} was a rollback"
    return "no reason is known, meta-ads publications verify says whether rows were changed"


def _day(metric: Metric, day: DayLine) -> str:
    trail = day.trail
    parts = [f"{trail.date_day}:"]
    if metric.column is None:
        parts.append("by month only;")
    elif not trail.is_published:
        parts.append("not published;")
    else:
        parts.append(f"{_amount(trail.published)}, publication {trail.publication_id};")
    parts.append(_batch(trail))
    if trail.is_pruned:
        parts.append("the API's row is no longer kept")
    elif trail.api_row is None:
        parts.append("without a row of this campaign")
    else:
        source = "export" if trail.imported_from else "API"
        parts.append(f"{source}: {_entries(day.api_entries)}")
    if trail.mended_from:
        own = day.answered_entries
        beside = "" if own is None else f"; the campaign's own row: {_entries(own)}"
        parts.append(f"(mended from {LEVELS_IN_WORDS[trail.mended_from]}{beside})")
    if trail.refused:
        parts.append(f"-- the latest reading was refused: {reason_in_words(trail.refused)}")
    if day.differs:
        parts.append("-- differs")
    return " ".join(parts)


def _entries(written: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in written.items()) or "no entry"


def _batch(trail: DayTrail) -> str:
    if trail.batch_id is None:
        return "no batch stands,"
    asked = sum(receipt["state"] == "asked" for receipt in trail.receipts)
    good = sum(receipt["state"] in ("received", "empty") for receipt in trail.receipts)
    facts = [f"batch {trail.batch_id}"]
    if trail.imported_from:
        facts.append(f"imported from {trail.imported_from} (sha256 {trail.imported_sha256})")
    if trail.received_at:
        facts.append(f"received {utc_seconds(trail.received_at)}")
    if trail.confirmed_at:
        facts.append(f"confirmed {utc_seconds(trail.confirmed_at)}")
    if trail.read_for:
        facts.append(f"read for {trail.read_for}")
    facts.append(f"asked {asked} times, {good} receipts")
    return f"{', '.join(facts)};"


def _print_earlier(earlier: Sequence[EarlierValue]) -> None:
    say("Its values as of each publication that changed the month:")
    for past in earlier:
        value = "no longer kept (pruned)" if past.is_pruned else _amount(past.value)
        say(
            f"    {past.publication_id} of {utc_seconds(past.published_at)} ({past.kind}): "
            f"{value}; {'; '.join(past.reasons)}"
        )


def _amount(value: Decimal | None) -> str:
    return "unknown" if value is None else plain(value)


def _unit(metric: Metric, number: PublishedNumber) -> str:
    is_money = metric.name in ("spend", "conversion_value", "purchase_value")
    return f" {number.currency}" if is_money and number.currency else ""
