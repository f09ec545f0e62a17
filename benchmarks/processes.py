"""CPU seconds and memory of a tree of processes, read from outside of them."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from time import perf_counter

import psutil

SAMPLE_SECONDS = 0.5
BYTES_PER_MB = 1 << 20


class Usage:
    """What was used: seconds by the clock and of CPU, and peaks of memory in MB.

    `cpu` and `peak` are by the names of `measured`. Memory that processes share is counted once.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu: dict[str, float] = {}
        self.peak: dict[str, float] = {}
        self.peak_of_all = 0.0


@contextmanager
def measured(without: int, **pids: int) -> Iterator[Usage]:
    """Measure named trees of processes while the block runs; children that end count as well.

    The process `without` is left out.
    """
    usage, over = Usage(), threading.Event()
    before = {name: _cpu(pid, without) for name, pid in pids.items()}
    thread = threading.Thread(target=_sample, args=(usage, pids, without, over), daemon=True)
    thread.start()
    began = perf_counter()
    yield usage
    usage.seconds = perf_counter() - began
    over.set()
    thread.join()
    usage.cpu = {name: _cpu(pid, without) - before[name] for name, pid in pids.items()}


def _sample(usage: Usage, pids: dict[str, int], without: int, over: threading.Event) -> None:
    is_over = False
    while not is_over:
        is_over = over.wait(SAMPLE_SECONDS)
        now = {name: sum(map(_memory, _tree(pid, without))) for name, pid in pids.items()}
        for name, megabytes in now.items():
            usage.peak[name] = max(megabytes, usage.peak.get(name, 0.0))
        usage.peak_of_all = max(usage.peak_of_all, sum(now.values()))


def _tree(pid: int, without: int) -> Iterable[psutil.Process]:
    process = psutil.Process(pid)
    return [p for p in (process, *process.children(recursive=True)) if p.pid != without]


def _memory(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(process.memory_full_info().pss) / BYTES_PER_MB
    return 0.0


def _cpu(pid: int, without: int) -> float:
    total = 0.0
    for process in _tree(pid, without):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total
