"""Calls the routes below `/sandbox/` of a sandbox that runs in another process."""

from typing import Any

import requests

from orchestration.errors import UnreachableError, UsageError
from orchestration.sandbox.options import PORT

DEFAULT_URL = f"http://127.0.0.1:{PORT}"
META = "graph.facebook.com"
TIMEOUT_SECONDS = (3.0, 30.0)
"""To connect, and between two pieces of an answer."""


def sandbox_url(named: str | None, api_url: str) -> str:
    """The sandbox's URL: the named one, else the API's, else the default when that is Meta's."""
    return (named or (DEFAULT_URL if META in api_url else api_url)).rstrip("/")


def steer(url: str, method: str, path: str, **request: Any) -> dict[str, Any]:
    """Call one of the sandbox's own routes and return its answer.

    Raises:
        UnreachableError: nothing answers there, or what answers is no sandbox.
        UsageError: the sandbox refuses; carries its reason.
    """
    try:
        reply = requests.request(
            method, f"{url}/sandbox/{path}", timeout=TIMEOUT_SECONDS, **request
        )
        document = reply.json()
    except requests.JSONDecodeError:
        document = None
    except requests.RequestException:
        raise UnreachableError(
            f"No sandbox answers at {url}: start one with meta-ads sandbox serve, or name another "
            "with --url."
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("error", ""), str):
        raise UnreachableError(f"What answers at {url} is no sandbox: name another with --url.")
    if "error" in document:
        raise UsageError(f"The sandbox refuses: {document['error']}.")
    return document
