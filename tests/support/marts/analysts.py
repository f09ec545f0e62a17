"""What an analyst is answered, through `meta-ads sql` and the role that reads the marts."""

import json
from typing import Any

from databases import Warehouse


def asked(warehouse: Warehouse, query: str, *options: str) -> list[dict[str, Any]]:
    """The rows of a query."""
    done = warehouse.run("sql", *options, f"select coalesce(json_agg(q), '[]') from ({query}) as q")
    assert done.returncode == 0, done.stderr
    answer: list[dict[str, Any]] = json.loads(done.stdout.partition("\n")[2])
    return answer
