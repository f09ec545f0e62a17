"""The manifest of the dbt project, of which Dagster makes assets when it loads this location."""

from typing import Any

import orjson

from orchestration.process.private_files import only_for_the_owner
from orchestration.settings import load_settings
from orchestration.transformation.project import ensure_manifest

# Files of Dagster's processes and of the runs that they start are their owner's only.
only_for_the_owner()
MANIFEST: dict[str, Any] = orjson.loads(ensure_manifest(load_settings()).read_bytes())
"""Its contents; made again where the project's files changed."""
