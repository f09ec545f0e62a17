"""Keeps an error that one answer causes to the client of that answer; other clients go on."""

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

SQLSTATES_ABOUT_ROWS = ("22", "23", "54", "42804")
"""Beginnings of SQLSTATEs that blame the rows: data, constraints, limits, types."""
MAX_TEXT_CHARACTERS = 300
"""How much of an error's own text is kept: it may quote a whole field."""

log = logging.getLogger(__name__)


class UnstorableAnswerError(UnusableAnswerError):
    """The gate accepted rows that the database does not take."""


@contextmanager
def isolated(step: str) -> Iterator[None]:
    """Turn unexpected errors inside into an error about the one answer that is worked on.

    `step` completes the sentence "what Meta sent cannot be …", such as `kept`.

    Raises:
        UnusableAnswerError: instead of any error that does not say what it concerns.
        MetaApiError, MetaAdsError, psycopg.Error: about the API or the warehouse, unchanged.
    """
    try:
        yield
    except (MetaApiError, MetaAdsError):
        raise
    except psycopg.Error as error:
        if not _is_about_rows(error):
            raise
        reason = f"the warehouse does not take the answer: {_first_line(error)}"
        raise UnstorableAnswerError(reason) from error
    except Exception as error:
        log.exception("an answer cannot be %s", step)
        raise UnusableAnswerError(
            f"what Meta sent cannot be {step} ({type(error).__name__}: {_first_line(error)}): look "
            "for an odd name or field in the ad account. The days are asked for again"
        ) from error


def judge_isolated(
    answers: Sequence[Answer], suite_results: SuiteResults | None = None
) -> list[Verdict | UnusableAnswerError]:
    """A verdict for each answer, or the reason why there is none.

    The answers are judged together, and one by one if that fails.

    Raises:
        MetaAdsError: an error that concerns no single answer.
    """
    try:
        with isolated("judged"):
            return [*judge(answers, suite_results)]
    except UnusableAnswerError as error:
        if len(answers) == 1:
            return [error]
    return [judge_isolated([answer], suite_results)[0] for answer in answers]


def _first_line(error: BaseException) -> str:
    """The first line of an error's text, shortened."""
    lines = str(error).strip().splitlines()
    return lines[0][:MAX_TEXT_CHARACTERS] if lines else "no text"


def _is_about_rows(error: psycopg.Error) -> bool:
    """Whether the rows are to blame; without a SQLSTATE the driver could not write a value."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.DataError | psycopg.ProgrammingError)
    return error.sqlstate.startswith(SQLSTATES_ABOUT_ROWS)
