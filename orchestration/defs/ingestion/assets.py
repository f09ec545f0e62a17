"""The assets that the API fills; their keys are the sources of the dbt project."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pydantic import Field

from orchestration import progress
from orchestration.collection.collect import TOTALS_RULES
from orchestration.collection.run import Collection, collect
from orchestration.defs.partitions import DAYS
from orchestration.resources import MetaAds

MOST_REASONS = 50
"""So many reasons stand in a check's metadata; all of them are in the ledger."""

API = dg.AssetKey(["meta", "insights_api"])
INSIGHTS = dg.AssetKey(["meta_ads", "insights"])
CONVERSIONS = dg.AssetKey(["meta_ads", "conversions"])
CONTROL_TOTALS = dg.AssetKey(["meta_ads", "control_totals"])

insights_api = dg.AssetSpec(
    API, group_name="ingestion", kinds={"api"}, description="Meta's Insights API, or the sandbox."
)


class CollectConfig(dg.Config):
    """What to collect. Without a range and outside a partition: what is owed."""

    since: str | None = None
    until: str | None = None
    clients: list[str] = Field(default_factory=list)


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
            description="Every client-day that was asked for was answered. If red: see the "
            "reasons, then run the job again; it asks for exactly what is still owed.",
        ),
        dg.AssetCheckSpec(
            "expectations_hold",
            asset=INSIGHTS,
            description="No row broke a blocking expectation. If red: the refused rows are in "
            "quarantine.insights, the reasons in quarantine.violations.",
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
    since, until = _range(context, config)
    collection = collect(
        meta_ads.settings(),
        meta_ads.clients(),
        since=since,
        until=until,
        only=config.clients,
        run_id=context.run_id,
        progress=progress.current(),
    )
    metadata: dict[str, dg.RawMetadataValue] = {
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
    yield from _checks(collection)


def _range(
    context: dg.AssetExecutionContext, config: CollectConfig
) -> tuple[date | None, date | None]:
    if config.since:
        until = date.fromisoformat(config.until) if config.until else None
        return date.fromisoformat(config.since), until
    if context.has_partition_key_range or context.has_partition_key:
        keys = context.partition_keys
        return date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
    return None, None


def _checks(collection: Collection) -> Iterator[dg.AssetCheckResult]:
    failed = [f"{o.window.client_id}: {o.error}" for o in collection.failed]
    yield _check("batch_is_complete", INSIGHTS, failed)
    broken: dict[bool, list[str]] = {True: [], False: []}
    for outcome in collection.outcomes:
        for violation in outcome.verdict.violations if outcome.verdict else []:
            if violation.severity == "blocking":
                reason = f"{outcome.window.client_id} {violation.date_day}: {violation.detail}"
                broken[violation.rule in TOTALS_RULES].append(reason)
    yield _check("expectations_hold", INSIGHTS, broken[False])
    yield _check("control_totals_agree", CONTROL_TOTALS, broken[True])


def _check(name: str, key: dg.AssetKey, reasons: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=not reasons,
        metadata={"reasons": reasons[:MOST_REASONS], "count": len(reasons)},
    )
