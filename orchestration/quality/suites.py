"""Runs the suites of Great Expectations on tables of rows, and says which rows broke which rule.

The library takes seconds to import, so it is imported when the first rows are there.
"""

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from expectations.catalogue import Group
from orchestration.quality.data_docs.results import CheckedSuite, SuiteResults, checked_rule
from orchestration.quality.examples import examples_with_client_days

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class BrokenRule:
    """A rule, and the rows of the table that broke it."""

    rule: str
    rows: "pd.DataFrame"


def check(
    name: Group, table: "pd.DataFrame", suite_results: SuiteResults | None
) -> list[BrokenRule]:
    """Run the suite of this name on a table; what became of it is kept in `suite_results`.

    Raises:
        RuntimeError: an expectation could not be evaluated.
    """
    if table.empty:
        return []
    pairs = [
        (result, None if result.success else _broken(result, table))
        for result in _validate(name, table).results
    ]
    all_broken = [broken for _, broken in pairs if broken]
    if suite_results is not None and suite_results.has_room(broken=bool(all_broken)):
        rules = [checked_rule(result, _examples(broken)) for result, broken in pairs]
        suite_results.suites.append(CheckedSuite(name, rules))
    return all_broken


def _validate(name: Group, table: "pd.DataFrame") -> Any:
    suite, batch_definition = _suite(name)
    table["row"] = range(len(table))
    with warnings.catch_warnings():
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


def _broken(result: Any, table: "pd.DataFrame") -> BrokenRule:
    config = result.expectation_config
    if result.exception_info.get("raised_exception"):
        raise RuntimeError(f"{config.type}: {result.exception_info['exception_message']}")
    places = [entry["row"] for entry in result.result["unexpected_index_list"]]
    return BrokenRule(config.meta["rule"], table.loc[places])


def _examples(broken: BrokenRule | None) -> Iterator[str]:
    return examples_with_client_days(broken.rule, broken.rows) if broken else iter(())


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
    from expectations import control_totals, insights, patterns, standing

    modules = {
        "insights": insights,
        "control_totals": control_totals,
        "patterns": patterns,
        "standing": standing,
    }
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    return modules[name].build(), asset.add_batch_definition_whole_dataframe(name)
