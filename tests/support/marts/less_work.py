"""What dbt does anew for each command or each node, and in the tests once.

Its graph of the project and what a command chooses of it follow from the parsed project and the
arguments alone; a connection for each node takes a third of a build, so each thread keeps its own.
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
    from dbt.adapters.postgres.connections import PostgresConnectionManager
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
    PostgresConnectionManager.release = _keep  # type: ignore[method-assign, assignment]


def _keep(connections: Any) -> None:
    """End a node's transaction, not its connection: dbt closes it at the end of the command."""
    connection = connections.get_if_exists()
    if connection is None or connection.state != "open":
        return
    try:
        connection.handle.rollback()
        connection.transaction_open = False
        if role := connection.credentials.role:
            # Set when dbt logged in, in the transaction that may just have been undone.
            connection.handle.cursor().execute(f"set role {role}")
            connection.handle.commit()
    except Exception:
        connections.close(connection)


def _is_asked(manifest: Any) -> bool:
    return bool(_asked) and manifest is not None and manifest is _asked[-1][0]
