"""Reads an HTTP response of the Graph API: a whole answer, or an error of the type that fits."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
import requests

from orchestration.meta_api.calls.error_codes import TEXTS_FOR_PEOPLE, graph_error
from orchestration.meta_api.calls.masking import SecretMask
from orchestration.meta_api.calls.repair import repaired
from orchestration.meta_api.calls.request import Call
from orchestration.meta_api.errors import MetaApiError, TransientError

GATEWAY_TIMEOUT = 504

Answer = dict[str, Any]
log = logging.getLogger(__name__)


def read_answer(response: requests.Response, call: Call, mask: SecretMask) -> Answer:
    """The object that the body holds, if it is a whole answer to the call.

    Raises:
        TransientError: the body is not what the API sends.
        MetaApiError: the body holds an error of Meta; its text is masked.
    """
    status = response.status_code
    body = _json(response, call)
    if not isinstance(body, dict):
        raise TransientError(f"the API answered {status} without an object")
    if isinstance(body.get("error"), dict):
        raise _error_of_meta(body["error"], mask)
    if status >= 400:
        raise TransientError(f"the API answered {status} without an error object")
    if call.expects not in body:
        raise TransientError(f"the API answered {status} without {call.expects!r}")
    if call.expects == "data" and call.of_rows and not _is_rows(body["data"]):
        raise TransientError(f"the API answered {status} without a list of rows")
    return body


def _json(response: requests.Response, call: Call) -> Any:
    try:
        return _parsed(response.content, call)
    except orjson.JSONDecodeError:
        error = TransientError(f"the API answered {response.status_code} without JSON")
        error.may_be_size = response.status_code == GATEWAY_TIMEOUT
        raise error from None


def _parsed(content: bytes, call: Call) -> Any:
    """The JSON of a body; characters that JSON does not allow in its texts are replaced.

    Raises:
        orjson.JSONDecodeError: the body is not JSON for another reason.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        body = orjson.loads(repaired(content))
    log.warning(
        "%s: the answer held characters that are not valid text; they were replaced", call.path
    )
    return body


def _is_rows(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(row, dict) for row in data)


def _error_of_meta(error: Mapping[str, Any], mask: SecretMask) -> MetaApiError:
    texts = {name: mask.masked(error.get(name)) for name in ("message", *TEXTS_FOR_PEOPLE)}
    return graph_error({**error, **texts})
