"""Which failed builds are tried again: those that a lock or a server that went away broke."""

from pathlib import Path

import orjson
import pytest

from orchestration.transformation.results import build_result


def ended(folder: Path, *messages: str) -> bool:
    """Whether a build may pass later of which each node failed with one of these."""
    results = [
        {"unique_id": f"model.project.node_{number}", "status": "error", "message": message}
        for number, message in enumerate(messages)
    ]
    (folder / "run_results.json").write_bytes(orjson.dumps({"results": results}))
    return build_result(folder).may_pass_later


@pytest.mark.parametrize(
    "message",
    [
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is in recovery mode",
        "FATAL:  the database system is shutting down",
        "FATAL:  the database system is not yet accepting connections",
        "server closed the connection unexpectedly",
        'connection to server at "10.0.0.1", port 5432 failed: Connection refused',
        "terminating connection due to administrator command",
        "FATAL:  sorry, too many clients already",
        "server login has been failing, try again later (server_login_retry)",
        "Not built in this run, so not published: candidate_client_months.",
    ],
)
def test_a_server_that_went_away_is_no_reason_to_give_the_build_up(
    tmp_path: Path, message: str
) -> None:
    assert ended(tmp_path, message)
    assert not ended(tmp_path, message, 'column "spent" does not exist')


def test_without_results_the_last_words_of_dbt_decide(tmp_path: Path) -> None:
    assert build_result(tmp_path, "could not connect to server").may_pass_later
    assert not build_result(tmp_path, "Compilation Error").may_pass_later
    assert not build_result(tmp_path).may_pass_later
