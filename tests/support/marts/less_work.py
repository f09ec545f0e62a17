"""Lets dbt plan a command once in a session: its graph of the project, and what is chosen of it.

Both follow from the parsed project and the arguments alone, and took a quarter of dbt's own time.
`FROM_NOTHING=1 pytest` leaves dbt as it is.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

_planned: dict[Any, Any] = {}
_asked: list[tuple[Any, tuple[str, ...]]] = []
"""While a command runs: the parsed project and the arguments."""


@contextmanager
def with_less_work(manifest: Any, arguments: Sequence[str]) -> Iterator[None]:
    """Within it, dbt runs this command; it plans it unless it did so before for this manifest."""
    if not os.environ.get("FROM_NOTHING"):
        _prepare()
    _asked.append((manifest, tuple(arguments)))
    try:
        yield
    finally:
        _asked.pop()


@cache
def _prepare() -> None:
    from dbt.compilation import Compiler
    from dbt.graph.graph import Graph
    from dbt.graph.selector import NodeSelector

    compile_graph, select = Compiler.compile, NodeSelector.select_nodes

    def compiled(compiler: Any, manifest: Any, *rest: Any, **more: Any) -> Any:
        if not _is_asked(manifest):
            return compile_graph(compiler, manifest, *rest, **more)
        key = "graph", id(manifest), rest, repr(more)
        if key not in _planned:
            _planned[key] = compile_graph(compiler, manifest, *rest, **more)
        return Graph(_planned[key].graph.copy())

    def selected(selector: Any, *rest: Any, **more: Any) -> Any:
        if not _is_asked(selector.manifest):
            return select(selector, *rest, **more)
        kinds = sorted(map(str, getattr(selector, "resource_types", ())))
        key = "nodes", id(selector.manifest), _asked[-1][1], type(selector), repr(kinds)
        if key not in _planned:
            _planned[key] = select(selector, *rest, **more)
        chosen, indirectly = _planned[key]
        return {*chosen}, {*indirectly}

    Compiler.compile = compiled  # type: ignore[method-assign, assignment]
    NodeSelector.select_nodes = selected  # type: ignore[method-assign, assignment]


def _is_asked(manifest: Any) -> bool:
    return bool(_asked) and manifest is not None and manifest is _asked[-1][0]
