"""Which assets and asset checks Dagster makes of the nodes of the dbt project."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

SOURCE_GROUPS = {"meta_ads": "ingestion", "ops": "ledger", "published": "publication"}
"""Asset group of each dbt source."""


class AllTests(DagsterDbtTranslator):
    """Names asset groups after dbt's folders; sources keep their keys, as ingestion uses them."""

    def get_group_name(self, dbt_resource_props: Any) -> str | None:
        """The folder below `models/`, such as staging or marts; `seeds` for seeds."""
        if dbt_resource_props["resource_type"] == "source":
            return SOURCE_GROUPS[dbt_resource_props["source_name"]]
        return str(dbt_resource_props["fqn"][1]) if len(dbt_resource_props["fqn"]) > 2 else "seeds"


class TestsOfBuilds(AllTests):
    """The same, with checks for those tests only that each build runs.

    Dagster notes before a run which checks it plans, and shows a planned one that did not run as
    skipped.
    """

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """The check of a test; None for one that reads whole marts."""
        if is_thorough(manifest["nodes"][unique_id]):
            return None
        return super().get_asset_check_spec(asset_spec, manifest, unique_id, project)


def is_thorough(test: Mapping[str, Any]) -> bool:
    """Whether this test of the manifest reads whole marts, which builds do not run."""
    return "thorough" in test["tags"]
