"""The assets that the API fills; their keys are the sources of the dbt project."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
from pydantic import Field

from expectations.catalogue import RULES, Group
from orchestration import progress
from orchestration.answers.window import Window
from orchestration.collection.collection import Collection, collect
from orchestration.collection.owed_request import windows_of_request
from orchestration.defs.ingestion.runs import note_owner
from orchestration.defs.partitions import DAYS
from orchestration.defs.resources import MetaAds
from orchestration.settings import Settings
from orchestration.warehouse.connection import anew_if_broken_off, connect
from orchestration.warehouse.ledger.summary import Trouble, troubles

MOST_REASONS = 50
"""So many reasons stand in a check's metadata; all of them are in the ledger."""

INCOMPLETE = {"failed", "refused", "gap"}
"""Troubles that leave a client-day without its latest good answer."""
CHECK_OF_GROUP: Mapping[Group, str] = {
    "insights": "expectations_hold",
    "patterns": "expectations_hold",
    "control_totals": "control_totals_agree",
    "standing": "standing_data_hold",
}
"""The check that shows violations, by the group of their rule."""

API = dg.AssetKey(["meta", "insights_api"])
INSIGHTS = dg.AssetKey(["meta_ads", "insights"])
CONVERSIONS = dg.AssetKey(["meta_ads", "conversions"])
CONTROL_TOTALS = dg.AssetKey(["meta_ads", "control_totals"])

insights_api = dg.AssetSpec(
    API, group_name="ingestion", kinds={"api"}, description="Meta's Insights API, or the sandbox."
)


class CollectConfig(dg.Config):
    """What to collect. Without a range and outside a partition: what is owed.

    `due_only` leaves out days that pause after a failure: what schedules and sensors ask for.
    `owed` names client-days, as ranges such as 2026-11-12 or 2026-11-01..2026-11-12 by client:
    of these, and nothing else, those are asked for that are still owed.
    """

    since: str | None = None
    until: str | None = None
    clients: list[str] = Field(default_factory=list)
    due_only: bool = False
    owed: dict[str, list[str]] = Field(default_factory=dict)


def _spec(key: dg.AssetKey, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=[API],
        group_name="ingestion",
        kinds={"python", "postgres"},
        owners=["team:data"],
        description=description,
    )


@dg.multi_asset(
    name="collect_insights",
    specs=[
        _spec(INSIGHTS, "Validated delivery per client, level, day and object (staging.insights)."),
        _spec(CONVERSIONS, "Validated actions and their values (staging.conversions)."),
        _spec(CONTROL_TOTALS, "What each account says of itself (staging.control_totals)."),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "batch_is_complete",
            asset=INSIGHTS,
            description="Every client-day of the range (without one: of all that is owed) has "
            "its latest good answer. If red: see the reasons; meta-ads recover, or the job "
            "recover_failed, replays what failed, and the next run asks for what is owed.",
        ),
        dg.AssetCheckSpec(
            "expectations_hold",
            asset=INSIGHTS,
            description="No row broke a blocking expectation. If red: meta-ads quarantine list "
            "names days and reasons; the Data Docs show the suites.",
        ),
        dg.AssetCheckSpec(
            "standing_data_hold",
            asset=INSIGHTS,
            description="No new reading has less than what stands, beyond what Meta restates. If "
            "red: the rows that stand stay, the days are read again and accepted once three "
            "readings over 24 hours say the same; meta-ads quarantine show CLIENT DAY compares.",
        ),
        dg.AssetCheckSpec(
            "control_totals_agree",
            asset=CONTROL_TOTALS,
            description="Campaigns add up to what the account says of itself. If red: the days "
            "stay as they were and are asked for again at the next run.",
        ),
    ],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def collect_insights(
    context: dg.AssetExecutionContext, config: CollectConfig, meta_ads: MetaAds
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Collect what is owed, a range, or the partitions of this run; stage what passes the gate."""
    note_owner(context)
    since, until = _range(context, config)
    collection = collect(
        meta_ads.settings(),
        meta_ads.clients(),
        windows=_requested(meta_ads, config),
        # One dead client may be all that is owed: the ledger says it, and the build goes on.
        must_answer=not config.owed,
        since=since,
        until=until,
        only=config.clients,
        due_only=config.due_only,
        run_id=context.run_id,
        progress=progress.current(),
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
    settings = meta_ads.settings()
    data_docs = _data_docs(settings, context.run_id, collection)
    yield _completeness(settings, config.clients or _ids(meta_ads), since, until)
    yield from _checks(collection, data_docs)


def _ids(meta_ads: MetaAds) -> list[str]:
    return [client.client_id for client in meta_ads.clients()]


def _requested(meta_ads: MetaAds, config: CollectConfig) -> list[Window] | None:
    """The days that the run was launched for, as far as they are still owed."""
    if not config.owed:
        return None

    def read() -> list[Window]:
        with connect(meta_ads.settings()) as connection:
            return windows_of_request(
                connection, meta_ads.clients(), config.owed, due_only=config.due_only
            )

    return anew_if_broken_off(meta_ads.settings(), read)


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
    """Red while a day of the range (of all that is owed without one) has no good answer."""

    def read() -> list[Trouble]:
        with connect(settings) as connection:
            return troubles(connection, client_ids)

    found = anew_if_broken_off(settings, read)
    missing = [
        f"{t.client_id} {t.since}..{t.until}: {t.kind}: {t.reason}"
        for t in found
        if t.kind in INCOMPLETE
        and t.until >= (since or date.min)
        and t.since <= (until or date.max)
    ]
    return _check("batch_is_complete", INSIGHTS, missing)


def _checks(collection: Collection, data_docs: dict[str, Any]) -> Iterator[dg.AssetCheckResult]:
    broken: dict[tuple[str, str], list[str]] = defaultdict(list)
    for outcome in collection.outcomes:
        for violation in outcome.verdict.violations if outcome.verdict else []:
            day = violation.date_day or "no day"
            reason = f"{outcome.window.client_id} {day}: {violation.rule}: {violation.detail}"
            broken[CHECK_OF_GROUP[RULES[violation.rule].group], violation.severity].append(reason)
    for name, key in (
        ("expectations_hold", INSIGHTS),
        ("standing_data_hold", INSIGHTS),
        ("control_totals_agree", CONTROL_TOTALS),
    ):
        warnings = broken[name, "warning"]
        more = data_docs | {"warnings": warnings[:MOST_REASONS], "warning_count": len(warnings)}
        yield _check(name, key, broken[name, "blocking"], more)


def _check(
    name: str,
    key: dg.AssetKey,
    reasons: list[str],
    more: dict[str, Any] | None = None,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=not reasons,
        metadata={"reasons": reasons[:MOST_REASONS], "count": len(reasons), **(more or {})},
    )
