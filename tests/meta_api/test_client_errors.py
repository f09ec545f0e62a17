"""Each error object of Meta becomes the exception type that decides what happens next."""

import pytest

from orchestration.meta_api.calls.error_codes import graph_error
from orchestration.meta_api.errors import (
    BadRequestError,
    MetaApiError,
    PermissionDeniedError,
    ThrottledError,
    TokenDeadError,
    TooMuchDataError,
    TransientError,
    VersionRetiredError,
)


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (1, 99, TransientError),
        (1, None, TransientError),
        (99, None, TransientError),
        (2, None, TransientError),
        (104, None, TransientError),
        (960, None, TransientError),
        (2601, None, TransientError),
        (2, 1504038, TooMuchDataError),
        (100, 1504018, TooMuchDataError),
        (100, 1487534, TooMuchDataError),
        (4, None, ThrottledError),
        (17, 2446079, ThrottledError),
        (32, None, ThrottledError),
        (341, None, ThrottledError),
        (613, 1487742, ThrottledError),
        (80000, 2446079, ThrottledError),
        (80004, 2446079, ThrottledError),
        (80014, None, ThrottledError),
        (190, 463, TokenDeadError),
        (190, None, TokenDeadError),
        (102, None, TokenDeadError),
        (2500, None, BadRequestError),
        (10, None, PermissionDeniedError),
        (200, None, PermissionDeniedError),
        (299, None, PermissionDeniedError),
        (294, None, PermissionDeniedError),
        (100, 33, BadRequestError),
        (100, None, BadRequestError),
        (2, 2853001, BadRequestError),
        (803, None, BadRequestError),
        (1, 2853001, BadRequestError),
        (2, 1504041, BadRequestError),
        (2, 1504042, BadRequestError),
        (2, 1504043, TransientError),
        (-2, 2490547, TransientError),
        (3, None, PermissionDeniedError),
        (368, None, PermissionDeniedError),
        (2635, None, VersionRetiredError),
        (100, 3018, BadRequestError),
        (None, None, BadRequestError),
    ],
)
def test_an_error_object_becomes_the_type_of_its_code(
    code: int | None, subcode: int | None, kind: type[MetaApiError]
) -> None:
    error = graph_error({"code": code, "error_subcode": subcode, "message": "It failed"})
    assert type(error) is kind
    assert (error.code, error.subcode) == (code, subcode)
    assert "It failed" in str(error)


def test_a_request_to_reduce_the_data_is_told_from_other_unknown_errors() -> None:
    text = "Please reduce the amount of data you're asking for, then retry your request"
    assert type(graph_error({"code": 1, "message": text})) is TooMuchDataError
    assert type(graph_error({"code": 99, "message": text})) is TooMuchDataError


def test_what_meta_calls_transient_is_tried_again_whatever_its_code() -> None:
    error = graph_error({"code": 4711, "message": "m", "is_transient": True})
    assert type(error) is TransientError


def test_a_call_without_a_token_is_told_from_a_path_that_nobody_knows() -> None:
    text = "An active access token must be used to query information about the current user."
    assert type(graph_error({"code": 2500, "message": text})) is TokenDeadError
    path = "Unknown path components: /insight"
    assert type(graph_error({"code": 2500, "message": path})) is BadRequestError


def test_a_dead_token_stays_dead_even_if_called_transient() -> None:
    assert type(graph_error({"code": 190, "is_transient": True})) is TokenDeadError


@pytest.mark.parametrize("error", [{}, {"code": "x"}, {"code": "190", "message": None}])
def test_a_malformed_error_object_is_still_an_error(error: dict[str, object]) -> None:
    assert isinstance(graph_error(error), MetaApiError)


@pytest.mark.parametrize(
    ("code", "scope"),
    [(4, "app"), (341, "app"), (17, "account"), (80000, "account"), (613, "account")],
)
def test_a_limit_is_the_apps_or_the_accounts(code: int, scope: str) -> None:
    error = graph_error({"code": code, "message": "m"})
    assert isinstance(error, ThrottledError)
    assert error.scope == scope


def test_missing_permissions_are_told_from_other_invalid_parameters() -> None:
    assert (
        type(graph_error({"code": 100, "message": "Missing permissions"})) is PermissionDeniedError
    )


def test_a_summary_that_nobody_asked_for_passes() -> None:
    text = "(#100) Cannot include spend in summary param because they weren't there while creating"
    assert type(graph_error({"code": 100, "message": text})) is TransientError


def test_only_a_request_to_reduce_the_data_is_helped_by_a_smaller_page() -> None:
    reduce = graph_error({"code": 1, "message": "Please reduce the amount of data"})
    limit = graph_error({"code": 100, "error_subcode": 1487534, "message": "m"})
    assert isinstance(reduce, TooMuchDataError)
    assert isinstance(limit, TooMuchDataError)
    assert (reduce.by_page, limit.by_page) == (True, False)


@pytest.mark.parametrize(
    ("code", "subcode", "message", "words"),
    [
        (190, 459, "checkpointed", "log in at facebook.com"),
        (190, 460, "changed", "password"),
        (190, 463, "expired", "without an expiry"),
        (190, 467, "invalid", "revoked"),
        (190, 492, "role", "has lost its role"),
        (190, None, "bad", "runs try the token again within the hour"),
        (200, None, "API access blocked.", "the app is blocked, not the ad account"),
        (368, None, "abusive", "Business Support Home"),
        (2500, None, "Unknown path components: /x", "the token is not to blame"),
        (2500, None, "An active access token must be used", "check META_ACCESS_TOKEN"),
    ],
)
def test_an_error_that_has_its_own_remedy_names_it(
    code: int, subcode: int | None, message: str, words: str
) -> None:
    text = str(graph_error({"code": code, "error_subcode": subcode, "message": message}))
    assert words in text
    assert message in text


def test_an_account_without_permission_is_not_told_that_the_app_is_blocked() -> None:
    text = "(#200) Ad account owner has NOT grant ads_management or ads_read permission"
    assert "app is blocked" not in str(graph_error({"code": 200, "message": text}))


def test_what_meta_says_to_people_is_shown_once_and_cut() -> None:
    error = {"code": 100, "message": "Invalid", "error_user_title": "Wrong dates"}
    text = str(graph_error(error | {"error_user_msg": "Choose a later day."}))
    assert "Invalid [Wrong dates: Choose a later day.]" in text
    assert "[" not in str(graph_error({"code": 100, "message": "same", "error_user_msg": "same"}))
    odd = {"code": 100, "message": "m" * 10**6, "error_user_title": ["x"] * 10**6}
    assert len(str(graph_error(odd | {"error_user_msg": 7}))) < 2_000
