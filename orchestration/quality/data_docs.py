"""The validation report of a run: Data Docs, as static pages that need no network.

The results are those of Great Expectations; the pages are ours, because the library's own print
values as they are and take scripts and styles from hosts on the web. A page stands for each
validation, and one lists those of a run.
"""

import shutil
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.foreign_text import written

KEEP_RUNS = 30
"""Older reports are removed."""
MOST_EXAMPLES = 20
"""So many offending values stand on a page; the rows themselves are in quarantine."""
VALUE_CHARACTERS = 300
NOT_ARGUMENTS = ("batch_id", "row_condition")


@dataclass(frozen=True)
class Rule:
    """What became of one expectation; `examples` are values that break it, and how often."""

    rule: str
    severity: str
    description: str
    expectation: str
    holds: bool
    rows: int
    broken_by: int
    examples: Sequence[tuple[str, int]]
    more: int


@dataclass(frozen=True)
class Suite:
    """What became of one suite on one group of answers."""

    name: str
    rules: Sequence[Rule]

    @property
    def broken(self) -> list[Rule]:
        """The rules that do not hold."""
        return [one for one in self.rules if not one.holds]

    @property
    def held(self) -> list[Rule]:
        """Those that do."""
        return [one for one in self.rules if one.holds]


def write_data_docs(folder: Path, run_id: str, results: Sequence[Any]) -> Path:
    """Render validation results of a run below `folder`; returns the page to open.

    The run's pages appear together or not at all.
    """
    now = datetime.now(UTC)
    suites = [_suite(result) for result in results]
    pages = {"index.html": _page("run.html", run_id, now, suites=suites)}
    for number, suite in enumerate(suites):
        pages[f"{number}.html"] = _page("suite.html", run_id, now, suite=suite)
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f".making-{uuid4().hex}"
    making.mkdir()
    for name, page in pages.items():
        (making / name).write_text(page, "utf-8")
    done = folder / f"{now:%Y%m%dT%H%M%S%f}-{run_id}"
    making.rename(done)
    _prune(folder)
    return done / "index.html"


def _page(template: str, run_id: str, now: datetime, **values: Any) -> str:
    return TEMPLATES.get_template(template).render(
        run_id=run_id, made_at=f"{now:%Y-%m-%d %H:%M}", **values
    )


def _suite(result: Any) -> Suite:
    return Suite(result.suite_name, [_rule(one) for one in result.results])


def _rule(one: Any) -> Rule:
    config, found = one.expectation_config, one.result
    values = Counter(map(_value, found.get("unexpected_list") or ()))
    examples = values.most_common(MOST_EXAMPLES)
    return Rule(
        config.meta["rule"],
        config.meta["severity"],
        config.description or "",
        _expectation(config),
        bool(one.success),
        found.get("element_count", 0),
        found.get("unexpected_count", 0),
        [(_clipped(value), times) for value, times in examples],
        len(values) - len(examples),
    )


def _expectation(config: Any) -> str:
    """`expect_column_values_to_be_between(column=spend_n, min_value=0)`."""
    told = ", ".join(f"{k}={v}" for k, v in config.kwargs.items() if k not in NOT_ARGUMENTS)
    return f"{config.type}({told})"


def _value(value: Any) -> str:
    """A value, or those of a pair or a row."""
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _clipped(value: str) -> str:
    return value if len(value) <= VALUE_CHARACTERS else f"{value[:VALUE_CHARACTERS]}…"


def _prune(folder: Path) -> None:
    runs = sorted(path for path in folder.iterdir() if path.is_dir())
    # A leftover of a killed run sorts first, and goes first.
    for path in runs[:-KEEP_RUNS]:
        shutil.rmtree(path, ignore_errors=True)


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=written,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = (Path(__file__).parent / "templates" / "data_docs.css").read_text("utf-8").strip()
# The browser takes this style and nothing else, should a value ever come through as markup.
TEMPLATES.globals["style"] = Markup(STYLE)
TEMPLATES.globals["style_hash"] = b64encode(sha256(STYLE.encode()).digest()).decode()
