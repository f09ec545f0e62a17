"""Whose page a browser speaks for: what other sites may not send, and what they may not load."""

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_of_another_site(kind: str, method: str, headers: Mapping[str, str]) -> bool:
    """Whether a page of another origin sent this, by what the browser says of it.

    Another port of this host is another origin, too. Programs that are no browser say nothing.
    """
    site = headers.get("sec-fetch-site", "")
    if kind == "http" and method in SAFE_METHODS:
        # Links from elsewhere may be followed; scripts, pictures and frames of it get nothing.
        is_link = headers.get("sec-fetch-mode") == "navigate" and (
            headers.get("sec-fetch-dest", "document") == "document"
        )
        return site in ("cross-site", "same-site") and not is_link
    if "origin" in headers:
        return not _is_own(headers["origin"], headers.get("host", ""))
    return site not in ("", "same-origin")


def host_name(host: str) -> str:
    """The name in a Host header, without the port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_own(origin: str, host: str) -> bool:
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False
