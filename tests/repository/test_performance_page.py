"""The page of measurements is made from the results alone."""

from pathlib import Path
from typing import Any

from benchmarks.performance_page import Results, write_page


def result(clients: int, months: int, seconds: float) -> dict[str, Any]:
    figures = {"seconds": seconds, "cpu": seconds, "megabytes": 100, "calls": 2 * clients}
    stages = {"Collecting": seconds / 2, "Building and publishing": seconds / 4}
    return {
        "clients": clients,
        "months": months,
        "rows": 600 * clients * months,
        "bare": figures,
        "run": figures | {"stages": stages},
        "again": figures,
        "idle": figures,
        "publication": seconds / 10,
        "health": 0.05,
        "alerts": 0.1,
        "megabytes": 10 * clients,
    }


def test_the_page_has_a_column_for_each_size_and_says_how_costs_grow(tmp_path: Path) -> None:
    results = Results.read(tmp_path / "performance" / "results.json")
    for entry in (result(160, 1, 40), result(16, 1, 5), result(16, 1, 4)):
        results.replace(entry)
    results.write(tmp_path / "performance" / "results.json")
    again = Results.read(tmp_path / "performance" / "results.json")
    write_page(again, tmp_path / "performance")
    page = (tmp_path / "performance.md").read_text("utf-8")
    assert "| | 16 × 1 | 160 × 1 |" in page
    assert "| whole run, everything new | 4.0 | 40.0 |" in page
    assert "| health checks | 0.05 | 0.05 |" in page
    assert "| the same read again | 1.00 |" in page
    assert "![Seconds by clients, one month](performance/clients.svg)" in page
    assert "<svg" in (tmp_path / "performance" / "clients.svg").read_text("utf-8")
