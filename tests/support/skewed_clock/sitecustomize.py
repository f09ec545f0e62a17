"""Another time for every Python process that finds this folder in PYTHONPATH: CLOCK_AHEAD seconds.

Python imports a module of this name when it starts. `time.time` is changed for all, `datetime` in
the modules of the product: libraries in C break on another one. Waiting is as ever.
"""

import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Self

_AHEAD = float(os.environ.get("CLOCK_AHEAD", "0"))
_real_time, _real_time_ns = time.time, time.time_ns


class _Type(type):
    # What others made is no instance of the class below.
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class Skewed(datetime, metaclass=_Type):
    """The class `datetime` of the product's modules."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """The other time."""
        return datetime.now(tz) + timedelta(seconds=_AHEAD)  # type: ignore[return-value]

    @classmethod
    def utcnow(cls) -> Self:
        """The other time."""
        return cls.now(UTC).replace(tzinfo=None)


class _Finder(MetaPathFinder):
    """Finds the product's modules as ever, and changes their clock once they are loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith("orchestration."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            _change_after(spec.loader)
        return spec


def _change_after(loader: Loader) -> None:
    load = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        load(module)
        if vars(module).get("datetime") is datetime:
            vars(module)["datetime"] = Skewed

    loader.exec_module = exec_module  # type: ignore[method-assign]


sys.meta_path.insert(0, _Finder())
time.time = lambda: _real_time() + _AHEAD
time.time_ns = lambda: _real_time_ns() + int(_AHEAD * 1e9)
