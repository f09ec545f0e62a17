"""Under any sequence of transport faults the client returns exactly the API's rows or an error."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from client_support import TRANSIENT, clear, honest, in_order, probe
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sandbox_support import NOW, spoil

from orchestration.meta_api import insights
from orchestration.meta_api.errors import MetaApiError
from orchestration.sandbox.process import SandboxProcess

BUDGET_CALLS = 60
BUDGET_SECONDS = 600.0
PAGE_ROWS = 30
outcomes: Counter[str] = Counter()

PLAIN = [
    *TRANSIENT,
    "permission",
    "bad_request",
    "object_missing",
    "token_dead",
    "version_retired",
    "policy_block",
    "report_failed",
    "report_failed_bare",
    "report_skipped",
    "report_stuck",
    "report_never_starts",
    "report_race",
    "report_too_early",
    "report_100_running",
    "empty_page",
    "short_pages",
    "repeated_cursor",
    "page_loop",
    "duplicated_page",
    "overlapping_pages",
    "foreign_next",
    "no_cursor",
    "next_without_after",
    "sync_too_heavy",
    "timeout_100",
]
Fields = st.SearchStrategy[dict[str, Any]]
WITH_FIELDS: list[tuple[str, Fields]] = [
    ("rate_limit", st.fixed_dictionaries({"minutes": st.integers(0, 12)})),
    ("app_limit", st.fixed_dictionaries({"minutes": st.integers(0, 12)})),
    ("usage", st.fixed_dictionaries({"percent": st.integers(0, 100), "minutes": st.just(0)})),
    ("reduce_data", st.fixed_dictionaries({"rows": st.integers(5, 60)})),
    ("too_many_days", st.fixed_dictionaries({"days": st.integers(0, 3)})),
    ("data_limit", st.fixed_dictionaries({"campaigns": st.integers(0, 9)})),
]
WHEN = st.fixed_dictionaries(
    {"after": st.integers(0, 4)},
    optional={
        "times": st.integers(1, 4),
        "probability": st.sampled_from([0.3, 0.7]),
        "level": st.just("campaign"),
    },
)
FAULT = st.one_of(
    st.tuples(st.sampled_from(PLAIN), st.just({}), WHEN),
    *(st.tuples(st.just(kind), fields, WHEN) for kind, fields in WITH_FIELDS),
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(now=NOW) as process:
        yield process


@pytest.fixture(scope="module")
def truth(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return in_order(honest(sandbox))


@pytest.fixture(scope="module", autouse=True)
def small_pages() -> Iterator[None]:
    before, insights.PAGE_ROWS = insights.PAGE_ROWS, PAGE_ROWS
    yield
    insights.PAGE_ROWS = before


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@given(st.lists(FAULT, min_size=1, max_size=4))
def test_any_sequence_of_transport_faults_ends_in_the_truth_or_in_an_error(
    sandbox: SandboxProcess,
    truth: list[dict[str, Any]],
    faults: list[tuple[str, dict[str, Any], dict[str, Any]]],
) -> None:
    clear(sandbox)
    for kind, fields, when in faults:
        spoil(sandbox, kind, **fields, **when)
    probed = probe(sandbox, calls=BUDGET_CALLS, wait_seconds=BUDGET_SECONDS, call_seconds=5.0)
    try:
        rows = probed.read()
    except MetaApiError as error:
        outcomes[type(error).__name__] += 1
    else:
        outcomes["truth"] += 1
        assert in_order(rows) == truth
    assert probed.client.calls <= BUDGET_CALLS


def test_the_sequences_led_to_the_truth_and_to_errors_of_several_kinds() -> None:
    """Otherwise the test above would prove little."""
    assert outcomes["truth"] > 40
    assert {name for name, count in outcomes.items() if count > 5} >= {
        "ThrottledError",
        "BudgetExhaustedError",
        "TransientError",
        "TooMuchDataError",
    }
