"""The accident as the docs tell it: each command of the tutorial, and the demo that plays it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
META_ADS = str(Path(sys.executable).with_name("meta-ads"))
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
FOLDER, PORT = "/tmp/accident", "8917"
"""What the page names, and what the test replaces: it may run beside other things."""


def environment(**more: str) -> dict[str, str]:
    """What a person has who set nothing up, and settings of theirs that must not be used."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "COLUMNS": "200", **more}


def test_the_tutorial_shows_what_it_says(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    page = (ROOT / "docs/tutorial.md").read_text("utf-8")
    page = page.replace(FOLDER, str(tmp_path / "accident")).replace(PORT, port)
    blocks = BLOCK.findall(page)
    # Each block ends with a line that tells its output from the next one's.
    script = "\n".join(f"{block}\necho '=== {number}'" for number, block in enumerate(blocks))
    done = subprocess.run(
        ["/bin/bash", "-m", "-e", "-o", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = re.split(r"=== \d+\n", done.stdout)
    _, _, begun, lost, quarantine, marts, alerts, healed, compared, explained, _, _ = said
    assert "Data health: healthy" in begun
    assert "exit code 1" in lost
    for rule in ("Less came than stands for the day", "There is no conversion at all"):
        assert rule in quarantine
    # The 9th stands as it was, and the 10th is not there: not zero.
    ninth = re.search(r"2026-09-09 .*", begun)
    assert ninth
    assert ninth[0] in marts
    assert "2026-09-10 " not in marts.split("client_id")[0]
    assert re.search(r"nordlicht +10 +10 +True", marts)
    assert "Campaigns came without their conversions" in alerts
    assert "exit code 4" in alerts
    assert "1 resolved" in healed
    assert "Data health: healthy" in healed
    spend, purchases = re.findall(r"^([\d.]+) +(\d+) *$", compared, re.MULTILINE)[0]
    assert spend in compared.split("account id")[1]
    assert re.search(rf"omni_purchase +{purchases} ", compared)
    assert "days new: 2026-09-10 to 2026-09-11" in explained
    assert not (tmp_path / "accident").exists()


def test_the_demo_plays_the_accident_and_leaves_nothing(tmp_path: Path) -> None:
    # What a person has set up is neither read nor changed.
    mine = {"META_ACCESS_TOKEN": "EAAmine", "WAREHOUSE_URL": "postgresql://nobody@127.0.0.1:1/x"}
    done = subprocess.run(
        [META_ADS, "demo", "--days", "4", "--no-browser", "--port", "0"],
        cwd=tmp_path,
        env=environment(TMPDIR=str(tmp_path), **mine),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert said.count("Message received: Acme Outdoor (acme-outdoor): Campaigns ") == 2
    assert "Health: unhealthy; 2 days of Acme refused" in said
    shown = dict(re.findall(r"^ +(what .*?) {2,}(.*)$", said, re.MULTILINE))
    # Meta's answer had more days and fewer purchases than the marts; in the end they are the truth.
    answered = re.split(r" {2,}", shown["what Meta answers today"].strip())
    assert int(answered[1]) > 0
    final = re.findall(r"what the marts say +(.*)\n +what really happened +(.*)", said)
    assert final
    assert final[0][0] == final[0][1]
    assert not list(tmp_path.iterdir())
    assert "EAAmine" not in said + done.stderr


def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [META_ADS, "demo", "--days", "4", "--no-browser", "--port", "0"],
        cwd=tmp_path,
        env=environment(TMPDIR=str(tmp_path)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    ) as demo:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("*/postgres/*")):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        family = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=120)
    assert demo.returncode == 130, errors
    assert not list(tmp_path.iterdir())
    _, alive = psutil.wait_procs(family, 20)
    assert not alive
