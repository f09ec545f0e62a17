"""Keys and descriptions of the collected assets and their checks, as the Dagster UI shows them.

The keys are those of the sources of the dbt project.
"""

import dagster as dg

API = dg.AssetKey(["meta", "insights_api"])
INSIGHTS = dg.AssetKey(["meta_ads", "insights"])
CONVERSIONS = dg.AssetKey(["meta_ads", "conversions"])
CONTROL_TOTALS = dg.AssetKey(["meta_ads", "control_totals"])

insights_api = dg.AssetSpec(
    API,
    group_name="ingestion",
    kinds={"api"},
    description="Meta's Insights API, or the sandbox that stands in for it.",
)

campaigns = dg.AssetSpec(
    dg.AssetKey(["meta_ads", "campaigns"]),
    deps=[API],
    group_name="ingestion",
    kinds={"postgres"},
    description="What Meta says of campaigns beside their numbers, asked once a day "
    "(staging.campaigns).",
)


def _spec(key: dg.AssetKey, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=[API],
        group_name="ingestion",
        kinds={"python", "postgres"},
        owners=["team:data"],
        description=description,
    )


ASSET_SPECS = [
    _spec(INSIGHTS, "Checked delivery per client, level, day and object (staging.insights)."),
    _spec(CONVERSIONS, "Checked actions and their values (staging.conversions)."),
    _spec(CONTROL_TOTALS, "The totals of each ad account (staging.control_totals)."),
]
CHECK_SPECS = [
    dg.AssetCheckSpec(
        "batch_is_complete",
        asset=INSIGHTS,
        description="Every client-day of the range, or of all that is owed, has a good answer, "
        "and its last attempt did not fail. If it fails: read the reasons in the metadata. The "
        "next run asks for owed days by itself; meta-ads recover, or the job recover_failed, "
        "asks for failed days at once.",
    ),
    dg.AssetCheckSpec(
        "expectations_hold",
        asset=INSIGHTS,
        description="No row broke a blocking rule. If it fails: meta-ads quarantine list names "
        "days and reasons, and the Data Docs in the metadata show each suite. Then release or "
        "discard the days, or collect them again.",
    ),
    dg.AssetCheckSpec(
        "standing_data_hold",
        asset=INSIGHTS,
        description="No new answer has less than the rows that are stored, beyond what Meta "
        "usually restates. If it fails: wait; the stored rows stay, the days are read again, "
        "and the new figures are accepted once three answers over 24 hours agree. meta-ads "
        "quarantine show CLIENT DAY compares both.",
    ),
    dg.AssetCheckSpec(
        "control_totals_agree",
        asset=CONTROL_TOTALS,
        description="The campaigns add up to the totals of their ad account. If it fails: wait "
        "for the next run, which asks for the days again; the stored rows stay. If it fails "
        "again, meta-ads quarantine show CLIENT DAY has the sums.",
    ),
]
