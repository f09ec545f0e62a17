"""The step that collects from Meta's API, and the results of its checks."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import dagster as dg
from pydantic import Field

from orchestration import progress
from orchestration.answers.window import Window
from orchestration.collection.collection import Collection, collect
from orchestration.collection.owed_request import windows_of_request
from orchestration.defs.ingestion.reasons import Found, lines_of_troubles, lines_of_violations
from orchestration.defs.ingestion.runs import MAIN_JOB, note_owner
from orchestration.defs.ingestion.specs import (
    ASSET_SPECS,
    CHECK_SPECS,
    CONTROL_TOTALS,
    CONVERSIONS,
    INSIGHTS,
)
from orchestration.defs.partitions import DAYS
from orchestration.defs.resources import MetaAds
from orchestration.expectations.catalogue import RULES, Group
from orchestration.quality.suite_process import start_suite_process
from orchestration.settings import Settings
from orchestration.transformation.ready_dbt import start_dbt
from orchestration.warehouse.connection import connect, retry_if_broken_off
from orchestration.warehouse.ledger.summary import Trouble, troubles

MOST_REASONS = 50
"""How many reasons the metadata of a check show; all of them are in the ledger."""

INCOMPLETE = {"failed", "refused", "gap"}
"""Troubles that leave a client-day without its latest good answer."""
CHECK_OF_GROUP: Mapping[Group, str] = {
    "insights": "expectations_hold",
    "patterns": "expectations_hold",
    "control_totals": "control_totals_agree",
    "standing": "standing_data_hold",
}
"""The check that shows violations, by the group of their rule."""


class CollectConfig(dg.Config):
    """What to collect: without a range of days and without partitions, everything that is owed.

    `since` and `until` are days (YYYY-MM-DD), both included. `due_only` leaves out days that wait
    after a failure; the sensor sets it. `owed` names days of clients, as 2026-11-12 or
    2026-11-01..2026-11-12: only those of them are collected that are still owed.
    """

    since: str | None = None
    until: str | None = None
    clients: list[str] = Field(default_factory=list)
    due_only: bool = False
    owed: dict[str, list[str]] = Field(default_factory=dict)


@dg.multi_asset(
    name="collect_insights",
    specs=ASSET_SPECS,
    check_specs=CHECK_SPECS,
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def collect_insights(
    context: dg.AssetExecutionContext, config: CollectConfig, meta_ads: MetaAds
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Collect owed days, a range or the partitions of this run; store what passes the gate."""
    note_owner(context)
    since, until = _range(context, config)
    if config.owed or since is not None:
        # Days will be asked for. Where that is not certain, the command line has started it.
        start_suite_process()
    settings = meta_ads.settings()
    collection = collect(
        settings,
        meta_ads.clients(),
        windows=_requested(meta_ads, config),
        # If all that is owed is of one dead client, the ledger says so and the build goes on.
        must_answer=not config.owed,
        since=since,
        until=until,
        only=config.clients,
        due_only=config.due_only,
        run_id=context.run_id,
        progress=progress.current(),
        # What is kept will be built.
        on_change=partial(start_dbt, settings) if _builds(context) else None,
    )
    metadata: dict[str, Any] = {
        "client_windows": len(collection.outcomes),
        "client_days_kept": collection.days_kept,
        "client_days_changed": collection.days_changed,
        "client_days_refused": collection.days_refused,
        "dagster/row_count": collection.rows,
        "api_calls": collection.calls,
        "api_notices": dg.MetadataValue.json(collection.notices),
    }
    for key in (INSIGHTS, CONVERSIONS, CONTROL_TOTALS):
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)
    data_docs = _data_docs(settings, context.run_id, collection)
    yield _completeness(settings, config.clients or _ids(meta_ads), since, until)
    yield from _checks(collection, data_docs)


def _builds(context: dg.AssetExecutionContext) -> bool:
    """Whether the run builds all marts after it."""
    return context.job_name == MAIN_JOB and not context.is_subset


def _ids(meta_ads: MetaAds) -> list[str]:
    return [client.client_id for client in meta_ads.clients()]


def _requested(meta_ads: MetaAds, config: CollectConfig) -> list[Window] | None:
    """The days that the run was requested for, as far as they are still owed."""
    if not config.owed:
        return None

    def read() -> list[Window]:
        with connect(meta_ads.settings()) as connection:
            return windows_of_request(
                connection, meta_ads.clients(), config.owed, due_only=config.due_only
            )

    return retry_if_broken_off(meta_ads.settings(), read)


def _data_docs(settings: Settings, run_id: str, collection: Collection) -> dict[str, Any]:
    """The link to the run's Data Docs, for the checks' metadata; empty where nothing was judged."""
    suites = collection.suite_results.suites
    if not suites:
        return {}
    # Loads the templates, which a run without rows does not need.
    from orchestration.quality.data_docs.pages import write_data_docs

    page = write_data_docs(settings.home / "data_docs", run_id, suites)
    return {"data_docs": dg.MetadataValue.url(page.as_uri())}


def _range(
    context: dg.AssetExecutionContext, config: CollectConfig
) -> tuple[date | None, date | None]:
    if config.owed:
        return None, None
    if config.since:
        until = date.fromisoformat(config.until) if config.until else None
        return date.fromisoformat(config.since), until
    if context.has_partition_key_range or context.has_partition_key:
        keys = context.partition_keys
        return date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
    return None, None


def _completeness(
    settings: Settings, client_ids: Sequence[str], since: date | None, until: date | None
) -> dg.AssetCheckResult:
    """The check fails while a day of the range, or of all that is owed, has no good answer."""

    def read() -> list[Trouble]:
        with connect(settings) as connection:
            return troubles(connection, client_ids)

    all_troubles = retry_if_broken_off(settings, read)
    missing = [
        trouble
        for trouble in all_troubles
        if trouble.kind in INCOMPLETE
        and trouble.until >= (since or date.min)
        and trouble.since <= (until or date.max)
    ]
    return _check("batch_is_complete", INSIGHTS, lines_of_troubles(missing), len(missing))


def _checks(collection: Collection, data_docs: dict[str, Any]) -> Iterator[dg.AssetCheckResult]:
    broken: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for outcome in collection.outcomes:
        for violation in outcome.verdict.violations if outcome.verdict else []:
            check = CHECK_OF_GROUP[RULES[violation.rule].group]
            broken[check, violation.severity].append((outcome.window.client_id, violation))
    for name, key in (
        ("expectations_hold", INSIGHTS),
        ("standing_data_hold", INSIGHTS),
        ("control_totals_agree", CONTROL_TOTALS),
    ):
        blocking, warnings = broken[name, "blocking"], broken[name, "warning"]
        more = data_docs | {
            "warnings": lines_of_violations(warnings)[:MOST_REASONS],
            "warning_count": len(warnings),
        }
        yield _check(name, key, lines_of_violations(blocking), len(blocking), more)


def _check(
    name: str,
    key: dg.AssetKey,
    reasons: list[str],
    count: int,
    metadata: dict[str, Any] | None = None,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=not reasons,
        metadata={"reasons": reasons[:MOST_REASONS], "count": count, **(metadata or {})},
    )
