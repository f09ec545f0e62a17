"""Which site a request comes from: what pages of other sites may not send and not load."""

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_of_another_site(kind: str, method: str, headers: Mapping[str, str]) -> bool:
    """Whether a page of another origin sent the request, by the headers of the browser.

    Another port of this host is another origin, too. Programs that are not browsers send none of
    these headers.
    """
    site = headers.get("sec-fetch-site", "")
    if kind == "http" and method in SAFE_METHODS:
        # Links on other sites may be followed; they may not load scripts, pictures or frames.
        is_link = headers.get("sec-fetch-mode") == "navigate" and (
            headers.get("sec-fetch-dest", "document") == "document"
        )
        return site in ("cross-site", "same-site") and not is_link
    if "origin" in headers:
        return not _is_own(headers["origin"], headers.get("host", ""))
    return site not in ("", "same-origin")


def host_name(host: str) -> str:
    """The name in a Host header, without the port; empty if it is invalid."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_own(origin: str, host: str) -> bool:
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False
