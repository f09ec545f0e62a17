"""Data Docs of a run as static pages that need no network: one for each validation, and an index.

The results are those of Great Expectations. The pages are our own, because the library's print
values as they are and load scripts and styles from other hosts.
"""

import shutil
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.foreign_text import written
from orchestration.quality.data_docs.results import CheckedSuite

KEEP_RUNS = 30
"""The pages of older runs are removed."""
TEMPLATE_FOLDER = Path(__file__).parent / "templates"


def write_data_docs(folder: Path, run_id: str, suites: Sequence[CheckedSuite]) -> Path:
    """Write the pages of a run below `folder`; returns the index.

    The run's pages appear together or not at all.
    """
    now = datetime.now(UTC)
    pages = {"index.html": _page("run.html", run_id, now, suites=suites)}
    for number, suite in enumerate(suites):
        pages[f"{number}.html"] = _page("suite.html", run_id, now, suite=suite)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".making-{uuid4().hex}"
    unfinished.mkdir()
    for name, page in pages.items():
        (unfinished / name).write_text(page, "utf-8")
    finished = folder / f"{now:%Y%m%dT%H%M%S%f}-{run_id}"
    unfinished.rename(finished)
    _remove_old_runs(folder)
    return finished / "index.html"


def _page(template: str, run_id: str, now: datetime, **values: Any) -> str:
    return TEMPLATES.get_template(template).render(
        run_id=run_id, made_at=f"{now:%Y-%m-%d %H:%M}", **values
    )


def _remove_old_runs(folder: Path) -> None:
    runs = sorted(path for path in folder.iterdir() if path.is_dir())
    # What a killed run left unfinished sorts first, so it is removed first.
    for path in runs[:-KEEP_RUNS]:
        shutil.rmtree(path, ignore_errors=True)


TEMPLATES = Environment(
    loader=FileSystemLoader(TEMPLATE_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=written,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = (TEMPLATE_FOLDER / "data_docs.css").read_text("utf-8").strip()
# The browser accepts this style and nothing else, should a value ever come through as markup.
TEMPLATES.globals["style"] = Markup(STYLE)
TEMPLATES.globals["style_hash"] = b64encode(sha256(STYLE.encode()).digest()).decode()
