"""The checks of the health API as asset checks; both run the same queries, so they agree."""

from collections.abc import Collection, Iterator

import dagster as dg

from orchestration.defs.ingestion.specs import INSIGHTS
from orchestration.defs.resources import MetaAds
from orchestration.defs.serving.assets import CURRENT_MONTH
from orchestration.health.catalogue import BY_NAME
from orchestration.health.checks import Health, read_health
from orchestration.health.panel import lines
from orchestration.warehouse.connection import connect, retry_if_broken_off

SUMMARY = dg.AssetKey(["marts", "monthly_client_summary"])

ASSET_CHECKS = {
    "todayCollection": ("daily_collection_is_in", INSIGHTS),
    "splitData": ("no_split_data", INSIGHTS),
    "missingDays": ("no_missing_days", INSIGHTS),
    "quarantine": ("quarantine_is_empty", INSIGHTS),
    "failedCollections": ("no_failed_collections", INSIGHTS),
    "alerting": ("alerting_is_alive", INSIGHTS),
    "publication": ("collected_data_are_published", SUMMARY),
    "cacheFreshness": ("current_month_is_fresh", CURRENT_MONTH),
    "cacheHitRate": ("cache_is_hit", CURRENT_MONTH),
}
"""Name and asset of the asset check, by the name of the check in the health API."""


def _specs() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name,
            asset=key,
            description=f"The check {BY_NAME[check].title!r} of the health API and the dashboard. "
            "If it fails: the metadata name the clients and days, and the runbook says what to do, "
            f"in the section {BY_NAME[check].runbook}.",
        )
        for check, (name, key) in ASSET_CHECKS.items()
    ]


@dg.multi_asset_check(specs=_specs(), name="data_health", can_subset=True)
def data_health(
    context: dg.AssetCheckExecutionContext, meta_ads: MetaAds
) -> Iterator[dg.AssetCheckResult]:
    """Run all checks once; return the results of the checks that were selected."""

    def read() -> Health:
        with connect(meta_ads.settings()) as connection:
            return read_health(connection)

    health = retry_if_broken_off(meta_ads.settings(), read)
    context.log.info("Data health: %s", health.overall)
    yield from _results(health, context.selected_asset_check_keys)


def _results(
    health: Health, selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    panel = {line.name: line for line in lines(health)}
    for check, (name, key) in ASSET_CHECKS.items():
        if dg.AssetCheckKey(key, name) not in selected:
            continue
        status = health.checks[check]["status"]
        yield dg.AssetCheckResult(
            check_name=name,
            asset_key=key,
            passed=status == "pass",
            # Dagster shows a failed check as a warning or in red: red is what fails there, too.
            severity=dg.AssetCheckSeverity.ERROR
            if status == "fail"
            else dg.AssetCheckSeverity.WARN,
            metadata={
                "status": status,
                "summary": panel[check].summary.strip("()"),
                "notes": panel[check].notes,
                "detail": dg.MetadataValue.json(dict(health.checks[check])),
                "overall": health.overall,
            },
        )
