"""A thousand hostile names on the terminal, in JSON, logs, metrics and pages: each is a text there,
and what stands around it is the same as with a plain name."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hostile_names import COUNT, LEGITIMATE, names, obeyed, storable
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic
from rich.table import Table

from orchestration.cli.output.console import WIDE, Terminal, say_error
from orchestration.cli.output.watcher import Watcher
from orchestration.foreign_text import shown
from orchestration.health.panel import Line
from orchestration.process.logs import OneLine
from orchestration.quality.data_docs.pages import write_data_docs
from orchestration.quality.data_docs.results import CheckedSuite, checked_rule
from orchestration.text import json_text
from orchestration.web.dashboard.pages import TEMPLATES
from orchestration.web.metrics.routes import Format

PLAIN = "Acme"
OWN_STYLE = re.compile(r"\x1b\[\d*(;\d+)*m")
NAMES = names()


class Structure(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")

    def handle_data(self, data: str) -> None:
        self.text += data


def printed(print_it: Callable[[Terminal], None], *, is_terminal: bool = True) -> str:
    """What a terminal of any width gets, without the styles that are ours."""
    file = io.StringIO()
    print_it(Terminal(file=file, force_terminal=is_terminal, width=WIDE, soft_wrap=True))
    return OWN_STYLE.sub("", file.getvalue())


def test_the_names_are_many_and_always_the_same() -> None:
    assert len(NAMES) == COUNT
    assert names() == NAMES
    assert len(storable()) > COUNT / 2


@pytest.mark.parametrize("name", LEGITIMATE)
def test_a_name_of_any_script_stays_as_it_is(name: str) -> None:
    assert shown(name) == name
    assert json_text(name) == f'"{name}"'.replace('"The"', '\\"The\\"')
    assert printed(lambda terminal: terminal.print(name)) == f"{name}\n"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202egnp", "<U+202E>gnp"),
        ("pay\u200dpal", "pay<U+200D>pal"),
        ("\x9b", "\\x9b"),
        ("\ud800", "<U+D800>"),
    ],
)
def test_what_would_be_obeyed_is_shown(name: str, seen: str) -> None:
    assert shown(name) == seen


def print_done(name: str, terminal: Terminal) -> None:
    terminal.print(f"{name}: done")


def test_a_line_on_the_terminal_stays_one_line() -> None:
    for name in NAMES:
        text = printed(partial(print_done, name))
        assert text == f"{shown(name)}: done\n"
        assert obeyed(text) == {"\n"}


def test_a_table_on_the_terminal_has_a_line_for_each_row() -> None:
    table = Table("client", "name", box=None)
    # A column is as wide as its longest cell.
    short = [name[:200] for name in NAMES]
    for name in short:
        table.add_row(PLAIN, name)
    text = printed(lambda terminal: terminal.print(table))
    assert obeyed(text) == {"\n"}
    lines = text.splitlines()
    assert len(lines) == 1 + COUNT
    assert all(shown(name).strip() in line for name, line in zip(short, lines[1:], strict=True))


def test_an_error_and_a_note_of_progress_steer_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    watcher = Watcher()
    for name in NAMES:
        say_error(f"No client {name}.")
        watcher.note(name)
    told = capsys.readouterr().err
    assert obeyed(told) == {"\n"}
    assert told.count("Note: ") >= COUNT


def test_a_json_document_says_the_same_without_what_is_obeyed() -> None:
    for name in storable():
        text = json_text({"name": name, name: 1})
        assert not obeyed(text)
        assert json.loads(text) == {"name": name, name: 1}


def logged() -> Iterator[tuple[str, str]]:
    """A name, and the lines of a record about it, with an error that quotes it."""
    formatter = OneLine("%(levelname)s %(message)s")
    for name in NAMES:
        try:
            raise ValueError(f"refused: {name}")
        except ValueError as error:
            caught = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", 30, "x.py", 1, "%s is late", (name,), caught)
        yield name, formatter.format(record)


def test_a_log_record_is_one_line_and_its_traceback_cannot_pass_for_another() -> None:
    for name, text in logged():
        first, *below = text.split("\n")
        assert first == f"WARNING {shown(name)} is late"
        assert all(line.startswith("    ") for line in below)
        assert obeyed(text) == {"\n"}


@pytest.mark.parametrize(("is_openmetrics", "parsed"), [(False, classic), (True, openmetrics)])
def test_a_label_of_the_metrics_is_the_name(is_openmetrics: bool, parsed: Any) -> None:
    given = [name for name in storable() if "\r" not in name or is_openmetrics]
    rows = [
        {"client": f"{number} {name}", "state": "good", "days": 1}
        for number, name in enumerate(given)
    ]
    body = Format(is_openmetrics, False).write({"client_days": rows}).decode()
    (family,) = parsed(body)
    labels = [sample.labels for sample in family.samples]
    assert labels == [{"client": row["client"], "state": "good"} for row in rows]


def macro(template: str, name: str) -> Callable[..., str]:
    """A macro of a template, to be called."""
    found: Callable[..., str] = getattr(TEMPLATES.get_template(template).module, name)
    return found


def page_of(name: str) -> str:
    """Pages of the dashboard about a name: a panel, an alert, and an error that quotes it."""
    at = datetime(2026, 11, 15, tzinfo=UTC)
    alert = dict.fromkeys(("acknowledged_by", "acknowledged_at", "muted_until"))
    alert |= {"total": 1, "severity": "high", "subject": name, "detail": name}
    alert |= {"client_id": "acme", "rule": "formats", "since": at, "alert_id": 1}
    alert |= {"days": ["2026-11-01"]}
    alert |= {"times_seen": 1, "times_opened": 1, "state": "open", "last_seen_at": at}
    health = SimpleNamespace(overall="healthy", checked_at=at)
    line = Line(name="x", title=name, status="pass", summary=name, notes=[name], runbook="x")
    error = TEMPLATES.get_template("error.html").render(
        title=name, reason=name, proof="", has_login=False, here=f"/x?q={name}", made_at=at
    )
    alerts = macro("alerts.html", "alert_list")([alert], "p", name, {})
    return f"{error}{macro('parts.html', 'panel')(health, [line])}{alerts}"


def test_a_page_of_the_dashboard_has_the_elements_that_it_has_with_a_plain_name() -> None:
    plain = Structure(page_of(PLAIN)).found
    for name in NAMES:
        page = Structure(page_of(name))
        assert page.found == plain
        assert not obeyed(page.text) - {"\n"}


def docs_of(name: str, folder: Path) -> list[str]:
    """The Data Docs of a suite whose values are the name."""
    config = SimpleNamespace(
        type="expect_x",
        kwargs={"column": name},
        description=name,
        meta={"rule": "formats", "severity": "blocking"},
    )
    counts = {"element_count": 2, "unexpected_count": 2}
    result = SimpleNamespace(success=False, result=counts, expectation_config=config)
    rule = checked_rule(result, [("a", "2026-11-11", name), ("a", name, f"{name}, 1.0")])
    index = write_data_docs(folder, "run-1", [CheckedSuite(name, [rule])])
    return [path.read_text("utf-8") for path in (index, index.parent / "0.html")]


def test_the_data_docs_have_the_elements_that_it_has_with_a_plain_name(
    tmp_path: Path,
) -> None:
    plain = [Structure(page).found for page in docs_of(PLAIN, tmp_path)]
    for name in NAMES[::4]:
        pages = [Structure(page) for page in docs_of(name, tmp_path)]
        assert [page.found for page in pages] == plain
        assert not obeyed("".join(page.text for page in pages)) - {"\n"}
        assert shown(name)[:300] in pages[1].text


def test_an_entry_of_the_recovery_log_is_one_line_that_says_the_same() -> None:
    for name in storable():
        line = json_text({"entry": name, "since": date(2026, 11, 1)})
        assert len(line.splitlines()) == 1
        assert json.loads(line) == {"entry": name, "since": "2026-11-01"}
