"""Takes the pictures of this folder: `make pictures`.

A demo warehouse of its own in a temporary folder, a few faults in its sandbox, the dashboard in
Debian's Chromium. The faults are those that a person meets on an ordinary bad day.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import requests
from playwright.sync_api import Browser, sync_playwright

from orchestration.cli.session import DEMO_CLIENTS
from orchestration.sandbox.process import SandboxProcess

PICTURES = Path(__file__).parent
META_ADS = str(Path(sys.executable).with_name("meta-ads"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATEST = (NOW - timedelta(days=1)).date()
# Split today's answer of one client, thin out another's, and revoke a third one's permission.
FAULTS = (
    {"kind": "split", "account": "act_1004", "since": str(LATEST), "until": str(LATEST)},
    {"kind": "permission", "account": "act_1012", "path": "insights"},
)
START_SECONDS = 60
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def main() -> None:
    """Make the world, and take every picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed: sudo apt-get install chromium")
    with tempfile.TemporaryDirectory() as home, SandboxProcess(now=NOW) as sandbox:
        Path(home).chmod(0o755)
        environment = os.environ | {
            "META_ADS_HOME": home,
            "META_ADS_NOW": NOW.isoformat(),
            "META_API_URL": sandbox.url,
            "META_ADS_CLIENTS": str(DEMO_CLIENTS),
            "META_ADS_RETRY_DELAYS": "0,0,0",
        }
        try:
            _prepare(sandbox.url, environment)
            _take(chromium, environment)
        finally:
            _run(environment, "server", "stop", "--remove-data", "--yes")


def _prepare(sandbox_url: str, environment: Mapping[str, str]) -> None:
    _run(environment, "run", "--since", "2026-08-01", "--until", str(LATEST - timedelta(days=1)))
    for fault in FAULTS:
        requests.post(f"{sandbox_url}/sandbox/faults", json=fault, timeout=20).raise_for_status()
    _run(environment, "run")
    _run(environment, "refresh")
    url = _run(environment, "server", "url").strip()
    with psycopg.connect(url) as connection:
        connection.execute(
            "update serving.current_month_cache set refreshed_at = now() - interval '4 hours' "
            "where client_id in ('acme-outdoor', 'kiwi-trail-gear')"
        )
    _run(environment, "alerts", "evaluate")
    _run(environment, "alerts", "deliver")


def _take(chromium: str, environment: Mapping[str, str]) -> None:
    server = subprocess.Popen(
        [META_ADS, "serve", "--port", "0", "--exit-with-parent"],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = server.stdout.readline().removeprefix("listening on ").strip()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(QUIET))
        for name, path, scheme, width, height in (
            ("monitoring", "", "light", 1280, 1610),
            ("monitoring_dark", "", "dark", 1280, 1000),
            ("monitoring_phone", "", "light", 390, 844),
            ("client", "/clients/hudson-legal-partners", "light", 1280, 1000),
        ):
            page = browser.new_page(
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": height},
            )
            page.goto(f"{url}/admin/monitoring{path}")
            page.screenshot(path=PICTURES / f"{name}.png")
            page.close()
        _take_lineage(browser, environment)
        browser.close()
    server.communicate(timeout=30)


def _take_lineage(browser: Browser, environment: Mapping[str, str]) -> None:
    """Dagster's graph of the groups of assets, from the API to the marts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    dagster = subprocess.Popen(
        [META_ADS, "serve-dagster", "--port", str(port), "--exit-with-parent"],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(START_SECONDS):
        with suppress(requests.RequestException):
            if requests.get(f"{url}/server_info", timeout=5).ok:
                break
        time.sleep(1)
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.goto(f"{url}/asset-groups")
    page.get_by_text("ingestion").first.wait_for(timeout=60_000)
    # The graph is laid out, and then drawn, after its names are there.
    page.wait_for_timeout(5_000)
    page.screenshot(path=PICTURES / "lineage.png")
    page.close()
    dagster.communicate(timeout=60)


def _run(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [META_ADS, *arguments], env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(f"meta-ads {' '.join(arguments)}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
