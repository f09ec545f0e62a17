"""Lets Great Expectations do once in a validation what it would do again and again.

It makes the configuration of an expectation anew whenever it looks at one of its arguments, dozens
of times, and filters the table by a condition for every metric of every expectation that has it.
Together that took half of a validation. Neither expectations nor tables change meanwhile.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

FILTER = "_apply_row_condition_filter"
_validations: list[dict[Hashable, tuple[Any, Any]]] = []
"""During a validation, results by what they are of, with that object: its id stays its own so."""


@contextmanager
def done_once() -> Iterator[None]:
    """Within it, configurations are made and tables filtered once; for one validation at a time."""
    _prepare()
    _validations.append({})
    try:
        yield
    finally:
        _validations.pop()


@cache
def _prepare() -> None:
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.expectations.expectation import Expectation

    make = Expectation.configuration.fget
    # Not a public method: where a later release has none, the gate is slower, and as right.
    apply = getattr(PandasExecutionEngine, FILTER, None)

    def configuration(expectation: Any) -> Any:
        return _once(expectation, "", lambda: make(expectation))

    def filtered(engine: Any, data: Any, condition: Any, *more: Any) -> Any:
        assert apply
        return _once(data, repr(condition), lambda: apply(engine, data, condition, *more))

    Expectation.configuration = property(configuration)
    if apply:
        setattr(PandasExecutionEngine, FILTER, filtered)


def _once(of: Any, how: str, make: Callable[[], Any]) -> Any:
    if not _validations:
        return make()
    results = _validations[-1]
    key = (id(of), how)
    if key not in results:
        results[key] = (of, make())
    return results[key][1]
