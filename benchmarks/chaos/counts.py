"""What happened in a campaign, and what was found wrong; safe to use from several threads."""

import sys
import threading
import time
from collections import Counter

KINDS = ("torn reads", "lost client-days", "doubled rows", "lost alerts", "secrets", "other")
"""What can be wrong. `other`: marts unlike the truth, or a system that does not recover."""
MOST_SHOWN = 20


class Counts:
    """Counters by kind and name, and the violations, each sentence once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self.killed: Counter[str] = Counter()
        self.paused: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.reads: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.wrong: dict[str, list[str]] = {kind: [] for kind in KINDS}

    @property
    def seconds(self) -> float:
        """For how long the campaign has gone on."""
        return time.monotonic() - self._began

    @property
    def kills(self) -> int:
        """How many processes were killed with -9."""
        return self.killed.total()

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found wrong."""
        return not any(self.wrong.values())

    def count(self, counter: "Counter[str]", name: str) -> None:
        """One more of this name."""
        with self._lock:
            counter[name] += 1

    def violation(self, kind: str, sentence: str) -> None:
        """Note what is wrong, once, and say it at once."""
        with self._lock:
            if sentence in self.wrong[kind]:
                return
            self.wrong[kind].append(sentence)
            if len(self.wrong[kind]) <= MOST_SHOWN:
                say(f"VIOLATION after {self.seconds:.0f} s: {kind}: {sentence[:1000]}")


def say(text: str) -> None:
    """A line for who watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
