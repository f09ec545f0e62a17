"""The validation report of a run: Data Docs of Great Expectations, as static pages.

The library's own renderers and templates make a page per validation; a page of ours lists those of
a run. Templates of the library name stylesheets on the web: without a network the pages are plain.
"""

import copy
import html
import shutil
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

KEEP_RUNS = 30
"""Older reports are removed."""
MOST_EXAMPLES = 20
"""So many offending values stand on a page; the rows themselves are in quarantine."""


def write_data_docs(folder: Path, run_id: str, results: Sequence[Any]) -> Path:
    """Render validation results of a run below `folder`; returns the page to open.

    The run's pages appear together or not at all.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
        from great_expectations.render.view.view import DefaultJinjaPageView

        renderer, view = ValidationResultsPageRenderer(), DefaultJinjaPageView()
        now = datetime.now(UTC)
        pages = [view.render(renderer.render(_trimmed(result, run_id, now))) for result in results]
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f".making-{uuid4().hex}"
    making.mkdir()
    for number, page in enumerate(pages):
        (making / f"{number}.html").write_text(page, "utf-8")
    (making / "index.html").write_text(_index(run_id, now, results), "utf-8")
    done = folder / f"{now:%Y%m%dT%H%M%S%f}-{run_id}"
    making.rename(done)
    _prune(folder)
    return done / "index.html"


def _trimmed(result: Any, run_id: str, now: datetime) -> Any:
    """A copy for people: few examples instead of every offending row."""
    short = copy.copy(result)
    short.results = [_shortened(one) for one in result.results]
    run = {"run_name": run_id, "run_time": now.isoformat()}
    short.meta = {**result.meta, "run_id": run}
    return short


def _shortened(one: Any) -> Any:
    short = copy.copy(one)
    short.result = {
        name: value[:MOST_EXAMPLES] if isinstance(value, list) else value
        for name, value in one.result.items()
        if name not in ("unexpected_index_query", "unexpected_index_list")
    }
    return short


def _index(run_id: str, now: datetime, results: Sequence[Any]) -> str:
    rows = "".join(
        f'<tr><td><a href="{number}.html">{html.escape(result.suite_name)}</a></td>'
        f"<td>{'holds' if result.success else html.escape(_broken(result))}</td></tr>"
        for number, result in enumerate(results)
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Validation report</title>'
        "<style>body{font:16px system-ui;margin:2rem}td,th{text-align:left;padding:.3rem 1rem}"
        f"</style><h1>Validation report</h1><p>Run {html.escape(run_id)}, {now:%Y-%m-%d %H:%M} UTC"
        "</p><p>A page for each suite and group of answers; groups in which all holds are shown in "
        "part.</p><table><tr><th>Suite</th><th>Broken rules</th></tr>"
        f"{rows}</table></html>"
    )


def _broken(result: Any) -> str:
    rules = {r.expectation_config.meta["rule"] for r in result.results if not r.success}
    return ", ".join(sorted(rules))


def _prune(folder: Path) -> None:
    runs = sorted(path for path in folder.iterdir() if path.is_dir())
    # A leftover of a killed run sorts first, and goes first.
    for path in runs[:-KEEP_RUNS]:
        shutil.rmtree(path, ignore_errors=True)
