"""Writes docs/performance.md with its plots from the results of `benchmarks.performance`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

Result = dict[str, Any]

PARTS: dict[str, Callable[[Result], float]] = {
    "bare script": lambda r: r["bare"]["seconds"],
    "whole run, everything new": lambda r: r["run"]["seconds"],
    "of it, collecting": lambda r: r["run"]["stages"]["Collecting"],
    "of it, building and publishing": lambda r: r["run"]["stages"].get(
        "Building and publishing", 0
    ),
    "of that, publishing": lambda r: r["publication"],
    "the same read again": lambda r: r["again"]["seconds"],
    "nothing owed": lambda r: r["idle"]["seconds"],
    "health checks": lambda r: r["health"],
    "evaluating alerts": lambda r: r["alerts"],
}
"""What is shown for each size, in seconds."""
HEAD = """\
# Performance
What the whole system costs at several sizes, beside a bare script that reads the same pages and
copies their rows into one table of the same server. Measured by `make performance` on a machine
with {cores} cores; a server without latency stands for Meta, so that nothing but this program and
its Postgres counts. Sizes are clients × months; a month of a client is 25 campaigns with {rows}
rows and totals. Everything new is the first run of a state folder, which also parses the dbt
project (some 6 s). Memory is counted once where processes share it.
"""


@dataclass
class Results:
    """The measured sizes, one entry each, the smallest first."""

    entries: list[Result]

    @classmethod
    def read(cls, path: Path) -> "Results":
        """What earlier runs left; nothing where there is no file."""
        return cls(json.loads(path.read_text("utf-8")) if path.is_file() else [])

    def write(self, path: Path) -> None:
        """Keep them."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.entries, indent=1) + "\n", "utf-8")

    def replace(self, entry: Result) -> None:
        """Add the results of a size, in place of earlier ones."""
        others = [e for e in self.entries if _size(e) != _size(entry)]
        self.entries = sorted([*others, entry], key=_size)

    def of_months(self, months: int) -> list[Result]:
        """The sizes with so many months, by the number of clients."""
        return [entry for entry in self.entries if entry["months"] == months]

    def of_clients(self, clients: int) -> list[Result]:
        """The sizes with so many clients, by the number of months."""
        return [entry for entry in self.entries if entry["clients"] == clients]


def write_page(results: Results, folder: Path) -> None:
    """Write the page beside the folder, and the plots into it."""
    import os

    first = results.entries[0]
    rows = f"{round(first['rows'] / first['clients'] / first['months']):,}"
    lines = [HEAD.format(cores=os.cpu_count(), rows=rows), "## Seconds", *_table(results)]
    lines += ["", "## CPU, memory, calls, storage", *_costs(results)]
    lines += ["", "## Growth", *_growth(results)]
    for name, title in (("clients", "one month"), ("months", "16 clients")):
        if _plot(results, name, folder / f"{name}.svg"):
            lines += ["", f"![Seconds by {name}, {title}](performance/{name}.svg)"]
    folder.with_suffix(".md").write_text("\n".join(lines) + "\n", "utf-8")


def _table(results: Results) -> Iterator[str]:
    yield f"| | {' | '.join(_name(entry) for entry in results.entries)} |"
    yield f"|---|{'---:|' * len(results.entries)}"
    yield _row("rows with totals", [f"{entry['rows']:,}" for entry in results.entries])
    for part, value in PARTS.items():
        yield _row(part, [_seconds(value(entry)) for entry in results.entries])
    ratio = [f"{e['run']['seconds'] / e['bare']['seconds']:.1f}" for e in results.entries]
    yield _row("whole run / bare script", ratio)


def _costs(results: Results) -> Iterator[str]:
    yield f"| | {' | '.join(_name(entry) for entry in results.entries)} |"
    yield f"|---|{'---:|' * len(results.entries)}"
    for part, title in (("bare", "bare script"), ("run", "everything new"), ("again", "again")):
        yield _row(f"CPU seconds, {title}", [f"{e[part]['cpu']:,.1f}" for e in results.entries])
    for part, title in (("bare", "bare script"), ("run", "everything new"), ("again", "again")):
        megabytes = [f"{e[part]['megabytes']:,.0f}" for e in results.entries]
        yield _row(f"peak memory with Postgres, MB, {title}", megabytes)
    yield _row("calls of the API", [f"{entry['run']['calls']:,}" for entry in results.entries])
    yield _row("database, MB", [f"{entry['megabytes']:,.0f}" for entry in results.entries])


def _growth(results: Results) -> Iterator[str]:
    """The exponent k of seconds = c * size^k between neighbours; 1 is linear."""
    yield "Between neighbours, seconds grow with the size to this power (1 is linear):"
    yield ""
    steps = [
        *_steps(results.of_months(1), "clients"),
        *_steps(results.of_clients(16), "months"),
    ]
    yield f"| | {' | '.join(f'{_name(a)} to {_name(b)}' for a, b, _ in steps)} |"
    yield f"|---|{'---:|' * len(steps)}"
    for part, value in PARTS.items():
        powers = [
            f"{log(value(b) / value(a)) / log(b[by] / a[by]):.2f}"
            if value(a) > 0 and value(b) > 0
            else "-"
            for a, b, by in steps
        ]
        yield _row(part, powers)


def _steps(entries: list[Result], by: str) -> Iterator[tuple[Result, Result, str]]:
    for smaller, larger in pairwise(entries):
        yield smaller, larger, by


def _plot(results: Results, by: str, path: Path) -> bool:
    """Draw seconds by clients or months; False where there is one size only."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "meta-ads-warehouse"
    from matplotlib import pyplot

    entries = results.of_months(1) if by == "clients" else results.of_clients(16)
    if len(entries) < 2:
        return False
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for part, value in PARTS.items():
        axes.plot([e[by] for e in entries], [value(e) for e in entries], marker="o", label=part)
    axes.set(xscale="log", yscale="log", xlabel=by, ylabel="seconds")
    axes.set_xticks([e[by] for e in entries], [str(e[by]) for e in entries])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    return True


def _seconds(value: float) -> str:
    return f"{value:,.1f}" if value >= 1 else f"{value:.2f}"


def _row(title: str, values: list[str]) -> str:
    return f"| {title} | {' | '.join(values)} |"


def _size(entry: Result) -> tuple[int, int]:
    return entry["months"], entry["clients"]


def _name(entry: Result) -> str:
    return f"{entry['clients']:,} × {entry['months']}"
