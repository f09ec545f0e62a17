"""The checks of the health API as asset checks: the same queries, so that both always agree."""

from collections.abc import Collection, Iterator

import dagster as dg

from orchestration.defs.ingestion.assets import INSIGHTS
from orchestration.defs.resources import MetaAds
from orchestration.defs.serving.assets import CURRENT_MONTH
from orchestration.health.checks import BY_NAME, Health, read_health
from orchestration.health.panel import lines
from orchestration.warehouse.connection import connect, retry_if_broken_off

SUMMARY = dg.AssetKey(["marts", "monthly_client_summary"])

CLAIMS = {
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
"""Name and asset of the claim that each check of the health API makes."""


def _specs() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name,
            asset=key,
            description=f"{BY_NAME[check].title}, as the health API and the dashboard show it. "
            "If red: the metadata say which clients and days, and the section "
            f"{BY_NAME[check].runbook} of docs/runbook.md what to do.",
        )
        for check, (name, key) in CLAIMS.items()
    ]


@dg.multi_asset_check(specs=_specs(), name="data_health", can_subset=True)
def data_health(
    context: dg.AssetCheckExecutionContext, meta_ads: MetaAds
) -> Iterator[dg.AssetCheckResult]:
    """Ask the checks once, and tell what each one that is wanted says."""

    def read() -> Health:
        with connect(meta_ads.settings()) as connection:
            return read_health(connection)

    health = retry_if_broken_off(meta_ads.settings(), read)
    context.log.info("Data health: %s", health.overall)
    wanted = context.selected_asset_check_keys
    yield from _results(health, wanted)


def _results(health: Health, wanted: Collection[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
    told = {line.name: line for line in lines(health)}
    for check, (name, key) in CLAIMS.items():
        if dg.AssetCheckKey(key, name) not in wanted:
            continue
        status = health.checks[check]["status"]
        yield dg.AssetCheckResult(
            check_name=name,
            asset_key=key,
            passed=status == "pass",
            # A warning is shown as one: only what fails there is red here.
            severity=dg.AssetCheckSeverity.ERROR
            if status == "fail"
            else dg.AssetCheckSeverity.WARN,
            metadata={
                "status": status,
                "summary": told[check].summary.strip("()"),
                "notes": told[check].notes,
                "detail": dg.MetadataValue.json(dict(health.checks[check])),
                "overall": health.overall,
            },
        )
