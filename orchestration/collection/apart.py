"""What one answer makes go wrong is the failure of its client: it ends nothing for any other."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from orchestration.errors import MetaAdsError
from orchestration.meta_api.errors import MetaApiError, UnusableAnswerError
from orchestration.quality.answer import Answer
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.gate import judge
from orchestration.quality.verdict import Verdict

OF_THE_ROWS = ("22", "23", "54", "42804")
"""What SQLSTATE begins with where what is written is at fault: data, constraints, limits, types."""
MOST_SAID = 300
"""So much of an error's own text is told: it may quote a whole field."""

log = logging.getLogger(__name__)


class UnstorableAnswerError(UnusableAnswerError):
    """The gate let rows pass that the database does not take."""


@contextmanager
def apart(done_to: str) -> Iterator[None]:
    """Whatever goes wrong inside is said of the one answer that is being `done_to`.

    Raises:
        UnusableAnswerError: in the place of any error that does not know what it concerns.
        MetaApiError, MetaAdsError, psycopg.Error: what concerns the API or the warehouse, as it is.
    """
    try:
        yield
    except (MetaApiError, MetaAdsError):
        raise
    except psycopg.Error as error:
        if not _is_about_rows(error):
            raise
        raise UnstorableAnswerError(f"the warehouse does not take the answer: {said(error)}") from (
            error
        )
    except Exception as error:
        log.exception("an answer cannot be %s", done_to)
        raise UnusableAnswerError(
            f"what Meta sent cannot be {done_to} ({type(error).__name__}: {said(error)}): look for "
            "an odd name or field in the ad account. The days are asked for again"
        ) from error


def judge_apart(
    answers: Sequence[Answer], suite_results: SuiteResults | None = None
) -> list[Verdict | UnusableAnswerError]:
    """A verdict for each answer, or why there is none: judged together, one by one if that fails.

    Raises:
        MetaAdsError: what concerns no single answer.
    """
    try:
        with apart("judged"):
            return [*judge(answers, suite_results)]
    except UnusableAnswerError as error:
        return (
            [error] if len(answers) == 1 else [_judged(answer, suite_results) for answer in answers]
        )


def _judged(answer: Answer, suite_results: SuiteResults | None) -> Verdict | UnusableAnswerError:
    (verdict,) = judge_apart([answer], suite_results)
    return verdict


def said(error: BaseException) -> str:
    """The first line of an error's text, cut."""
    lines = str(error).strip().splitlines()
    return lines[0][:MOST_SAID] if lines else "no text"


def _is_about_rows(error: psycopg.Error) -> bool:
    """Without a SQLSTATE it is the driver's own word about a value that it cannot write."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.DataError | psycopg.ProgrammingError)
    return error.sqlstate.startswith(OF_THE_ROWS)
