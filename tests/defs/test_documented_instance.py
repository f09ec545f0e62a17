"""What the pages show of `dagster.yaml` is what Dagster takes, and says what the pages say."""

import re
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.defs.ingestion.shards import TOKEN_TAG

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"^```yaml\n(concurrency:\n.*?)^```", re.MULTILINE | re.DOTALL)
OFF = "telemetry:\n  enabled: false\n"


def test_the_limit_for_each_token_is_taken(tmp_path: Path) -> None:
    (shown,) = SHOWN.findall((ROOT / "docs" / "operations.md").read_text("utf-8"))
    (tmp_path / "dagster.yaml").write_text(OFF + shown, "utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        assert [*queue.tag_concurrency_limits] == [
            {"key": "meta_ads/token", "value": {"applyLimitPerUniqueValue": True}, "limit": 2}
        ]
    # The tag is the one that the sensor gives to shards.
    (limit,) = yaml.safe_load(shown)["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit["key"] == TOKEN_TAG


def test_a_limit_that_is_misspelt_is_refused(tmp_path: Path) -> None:
    (shown,) = SHOWN.findall((ROOT / "docs" / "operations.md").read_text("utf-8"))
    wrong = shown.replace("tag_concurrency_limits", "tag_concurrency_limit")
    (tmp_path / "dagster.yaml").write_text(OFF + wrong, "utf-8")
    with pytest.raises(dg.DagsterInvalidConfigError, match="tag_concurrency_limit"):
        dg.DagsterInstance.from_config(str(tmp_path))
