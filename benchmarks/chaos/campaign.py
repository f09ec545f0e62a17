"""A campaign from its beginning to its end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.chaos.actors import Actors
from benchmarks.chaos.counts import KINDS, Counts, say
from benchmarks.chaos.ending import judge, mend
from benchmarks.chaos.readers import Readers
from benchmarks.chaos.troubles import Troubles
from benchmarks.chaos.world import World, world_of


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, how much, and of what; `seconds` and `kills` are limits, whichever comes first."""

    seconds: float
    seed: int
    kills: int
    clients: int
    first_day: date
    pause_seconds: float
    with_daemon: bool


def run_campaign(
    plan: Plan,
    home: Path,
    *,
    prepare: Callable[[World], None] = lambda _: None,
    afterwards: Callable[[World, Counts, Readers], None] = lambda *_: None,
) -> Counts:
    """Make trouble in a world below `home`, mend it, and judge it.

    `prepare` is called before the first command, `afterwards` once all is judged, while the world
    is still there.
    """
    counts = Counts()

    def first_run(world: World) -> None:
        prepare(world)
        code = world.run("run")
        if code != 0:
            raise SystemExit(f"The first run, before any trouble, ended with {code}.")
        say(f"{counts.seconds:6.0f} s  the first run is through; seed {plan.seed}")

    with world_of(home, plan.clients, plan.first_day, first_run) as world:
        readers = Readers(counts, world.url, lambda: world.latest.isoformat())
        actors = Actors(world, counts, plan.seed, with_daemon=plan.with_daemon)
        troubles = Troubles(world, counts, plan.seed, plan.kills)
        with readers.running(), actors.running():
            troubles.make(time.monotonic() + plan.seconds, plan.pause_seconds)
            world.clear_faults()
        say(f"{counts.seconds:6.0f} s  the trouble is over: mending")
        mend(world, counts)
        judge(world, counts, readers)
        afterwards(world, counts, readers)
    return counts


def report(plan: Plan, counts: Counts) -> str:
    """What happened and what was wrong, in lines."""
    tables = {
        "killed with -9": counts.killed,
        "paused": counts.paused,
        "other troubles": counts.troubles,
        "in the ledger": counts.made,
        "reads, each of several statements": counts.reads,
        "commands by their exit code (-9: killed), pages by their status": counts.ended,
    }
    lines = [f"seed {plan.seed}, {plan.clients} clients, {counts.seconds / 60:.1f} minutes"]
    for title, table in tables.items():
        total = "" if table is counts.made else f" {table.total():,}"
        lines.append(f"{title}:{total}")
        lines += [f"  {name:38}{number:>8,}" for name, number in sorted(table.items())]
    lines += [f"{kind + ':':40}{len(counts.wrong[kind]):>8}" for kind in KINDS]
    for kind in KINDS:
        lines += [f"{kind}: {sentence[:1000]}" for sentence in counts.wrong[kind]]
    return "\n".join(lines)
