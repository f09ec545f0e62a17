"""Kill, pause and fill the disk under the whole system, and see what it promises holds.

    python -m benchmarks.chaos [--minutes 5] [--kills 500] [--seed 1] [--clients 4]

Commands, Dagster's daemon and the web server work against the sandbox, which has random faults and
whose days go by. Meanwhile any process is killed with -9 or paused past its leases, also those of
Postgres, the disk is full for a while, and readers check the promises. In the end all is mended,
and the marts must equal the sandbox's truth. Ends with 1 if anything was wrong; the seed repeats
what was done and when, not which process was at which line.
"""

import argparse
import logging
import sys
import tempfile
from datetime import date
from pathlib import Path
from random import randrange

from benchmarks.chaos.campaign import Plan, report, run_campaign
from benchmarks.chaos.counts import say

INTERRUPTED = 130
FIRST_DAY = date(2026, 5, 1)
"""So long ago that a collection of everything starts processes that settle answers."""


def main() -> int:
    """Run and print; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--kills", type=int, default=500, help="no trouble any more after so many")
    parser.add_argument("--seed", type=int, default=randrange(10**6), help="random without it")
    parser.add_argument("--clients", type=int, default=4, choices=range(1, 5))
    parser.add_argument("--pause", type=float, default=1.6, help="seconds between two troubles")
    parser.add_argument("--without-daemon", action="store_true")
    options = parser.parse_args()
    plan = Plan(
        seconds=options.minutes * 60,
        seed=options.seed,
        kills=options.kills,
        clients=options.clients,
        first_day=FIRST_DAY,
        pause_seconds=options.pause,
        with_daemon=not options.without_daemon,
    )
    # It reports every connection that breaks.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="meta-ads-chaos-") as folder:
        Path(folder).chmod(0o755)
        try:
            counts = run_campaign(plan, Path(folder))
        except KeyboardInterrupt:
            say(f"Interrupted; everything was ended. Seed {plan.seed}.")
            return INTERRUPTED
    say(report(plan, counts))
    if not counts.is_clean:
        say(f"Again with the same trouble: make chaos ARGS='--seed {plan.seed}'")
    return 0 if counts.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
