"""The dbt tests that read whole marts, as asset checks with a job of their own."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.resources import Dbt, MetaAds
from orchestration.defs.transformation.manifest import MANIFEST
from orchestration.defs.transformation.translator import AllTests, is_thorough
from orchestration.errors import MetaAdsError
from orchestration.transformation.results import NO_RESULTS, RESULTS, build_result, node_results

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
THOROUGH_ONLY = ("--select", "tag:thorough", "--exclude-resource-type", "unit_test")


def _specs() -> list[dg.AssetCheckSpec]:
    """A spec of each test that a build leaves out."""
    translator = AllTests()
    return [
        # They run after the marts are published, and so hold nothing back.
        spec._replace(blocking=False)
        for test, props in MANIFEST["nodes"].items()
        if props["resource_type"] == "test" and is_thorough(props)
        for asset in MANIFEST["parent_map"][test]
        if (
            spec := translator.get_asset_check_spec(
                translator.get_asset_spec(MANIFEST, asset, None), MANIFEST, test, None
            )
        )
    ]


@dg.multi_asset_check(specs=_specs(), name="check_marts")
def check_marts(
    context: dg.AssetCheckExecutionContext, dbt: Dbt, meta_ads: MetaAds
) -> Iterator[dg.AssetCheckResult]:
    """Run the dbt tests that read whole marts; fail if one of them fails."""
    settings = meta_ads.settings()
    dbt.bind(settings)
    # A build may run beside: each writes results of its own.
    target = settings.dbt_target.with_name("checks")
    (target / RESULTS).unlink(missing_ok=True)
    invocation = dbt.cli(["test", *THOROUGH_ONLY], target_path=target, raise_on_error=False).wait()
    result = build_result(target, str(invocation.get_error() or ""))
    faults = result.errors | result.failures
    if NO_RESULTS in faults:
        raise MetaAdsError(f"The marts could not be checked. {faults[NO_RESULTS]}")
    ended = node_results(target)
    keys = context.selected_asset_check_keys
    for key in keys:
        if test := ended.get(key.name):
            yield dg.AssetCheckResult(
                check_name=key.name,
                asset_key=key.asset_key,
                passed=test.status == "pass",
                severity=WARN if test.status == "warn" else ERROR,
                metadata={"status": test.status, "message": test.message},
            )
    if faults:
        raise MetaAdsError(f"Marts do not pass their tests. {result.in_words}")
    if left := sorted({key.name for key in keys} - ended.keys()):
        raise MetaAdsError(f"Tests of marts did not run: {', '.join(left)}.")
