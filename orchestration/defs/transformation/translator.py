"""Which assets and asset checks Dagster makes of the nodes of the dbt project."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

SOURCE_GROUPS = {"meta_ads": "ingestion", "ops": "ledger", "published": "publication"}
"""Asset group of each dbt source."""
LEFT_OUT = "left_out_client_months"
"""The model whose test fails when a build leaves client-months out."""


class AllTests(DagsterDbtTranslator):
    """Names asset groups after dbt's folders; sources keep their keys, as ingestion uses them."""

    def get_group_name(self, dbt_resource_props: Any) -> str | None:
        """The folder below `models/`, such as staging or marts; `seeds` for seeds."""
        if dbt_resource_props["resource_type"] == "source":
            return SOURCE_GROUPS[dbt_resource_props["source_name"]]
        return str(dbt_resource_props["fqn"][1]) if len(dbt_resource_props["fqn"]) > 2 else "seeds"

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The asset of a node, without lines to parents that other parents lead to anyway.

        A third of the lines goes, so that the lineage can be read; what is up- and downstream of an
        asset stays the same. dbt orders its nodes by all of them.
        """
        spec = super().get_asset_spec(manifest, unique_id, project)
        implied = {self.get_asset_key(_node(manifest, i)) for i in _implied(manifest, unique_id)}
        deps = [dep for dep in spec.deps if dep.asset_key not in implied]
        return spec.replace_attributes(deps=deps)


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
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None or spec.asset_key.path[-1] != LEFT_OUT:
            return spec
        # A blocking check that fails makes the run fail, though all other months are published.
        return dg.AssetCheckSpec(
            spec.name,
            asset=spec.asset_key,
            description=spec.description,
            metadata=spec.metadata,
            blocking=False,
        )


def is_thorough(test: Mapping[str, Any]) -> bool:
    """Whether this test of the manifest reads whole marts, which builds do not run."""
    return "thorough" in test["tags"]


def _implied(manifest: Mapping[str, Any], unique_id: str) -> set[str]:
    """The parents of a node that are upstream of another parent."""
    parents: Mapping[str, Sequence[str]] = manifest["parent_map"]
    of_node = {*parents.get(unique_id, ())}
    upstream: set[str] = set()
    unseen = [above for parent in of_node for above in parents.get(parent, ())]
    while unseen:
        if (each := unseen.pop()) not in upstream:
            upstream.add(each)
            unseen += parents.get(each, ())
    return of_node & upstream


def _node(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    node: Mapping[str, Any] = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    return node
