"""Runs the suites of Great Expectations on tables of rows, and says which rows broke which rule.

The library takes seconds to import, so it is imported when the first rows are there.
"""

import os
import warnings
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from orchestration.expectations.catalogue import Group
from orchestration.quality.data_docs.results import CheckedSuite, Example, checked_rule
from orchestration.quality.done_once import done_once
from orchestration.quality.examples import examples_by_day

if TYPE_CHECKING:
    import pandas as pd

GROUPS: tuple[Group, ...] = get_args(Group)


class Details(NamedTuple):
    """Whether a suite is described for the Data Docs: where a rule is broken, where all hold."""

    if_broken: bool = False
    if_held: bool = False


class SuiteResult(NamedTuple):
    """The broken rules with the positions of their rows, and the suite's description, if wanted."""

    broken: list[tuple[str, list[int]]]
    checked: CheckedSuite | None


def run_suite(name: Group, table: "pd.DataFrame", details: Details) -> SuiteResult:
    """Run the suite of this name on a table, which is not empty and numbers its rows from 0.

    Raises:
        RuntimeError: an expectation could not be evaluated.
    """
    results = _validate(name, table).results
    places = [[] if result.success else _places(result) for result in results]
    broken = [
        (result.expectation_config.meta["rule"], rows)
        for result, rows in zip(results, places, strict=True)
        if not result.success
    ]
    checked = None
    if details.if_broken if broken else details.if_held:
        rules = [
            checked_rule(result, _examples(result, table.loc[rows]))
            for result, rows in zip(results, places, strict=True)
        ]
        checked = CheckedSuite(name, rules)
    return SuiteResult(broken, checked)


def _validate(name: Group, table: "pd.DataFrame") -> Any:
    suite, batch_definition = _suite(name)
    table["row"] = range(len(table))
    with warnings.catch_warnings(), done_once():
        warnings.simplefilter("ignore")
        batch = batch_definition.get_batch(batch_parameters={"dataframe": table})
        # Which rows broke a rule is asked only where one was broken: it takes twice the time.
        result = batch.validate(suite, result_format="BOOLEAN_ONLY")
        if not result.success:
            result = batch.validate(
                suite,
                result_format={
                    "result_format": "COMPLETE",
                    "unexpected_index_column_names": ["row"],
                },
            )
    return result


def _places(result: Any) -> list[int]:
    """The positions of the rows that broke a rule."""
    if result.exception_info.get("raised_exception"):
        config = result.expectation_config
        raise RuntimeError(f"{config.type}: {result.exception_info['exception_message']}")
    return [entry["row"] for entry in result.result["unexpected_index_list"]]


def _examples(result: Any, rows: "pd.DataFrame") -> Iterator[Example]:
    if result.success:
        return iter(())
    return examples_by_day(result.expectation_config.meta["rule"], rows)


def load_suites() -> None:
    """Load the library and the suites, which takes seconds."""
    for name in GROUPS:
        _suite(name)


@cache
def _context() -> Any:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


@cache
def _suite(name: Group) -> tuple[Any, Any]:
    """A suite, and the batch definition that gives it tables."""
    context = _context()
    from orchestration.expectations import control_totals, insights, patterns, standing

    modules = {
        "insights": insights,
        "control_totals": control_totals,
        "patterns": patterns,
        "standing": standing,
    }
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    return modules[name].build(), asset.add_batch_definition_whole_dataframe(name)
