"""The tests that README and SECURITY name as proofs are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\b(test_\w+\.py)\b")


@pytest.mark.parametrize("document", ["README.md", "SECURITY.md"])
def test_each_test_that_is_named_exists(document: str) -> None:
    named = set(NAMED.findall((ROOT / document).read_text("utf-8")))
    there = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert named
    assert named <= there, named - there
