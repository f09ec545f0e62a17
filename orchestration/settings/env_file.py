"""The file of settings, `.env`, and the check that it sends no token to a foreign server.

Whoever can write to a folder can write its `.env`. It may hold a token and name the API's address;
but a token of the environment goes to Meta or to this machine only, unless the environment itself
names another address.
"""

import os
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from orchestration.errors import UsageError
from orchestration.settings.places import NAMED_ENV_FILE, env_file

META_URL = "https://graph.facebook.com"
META_HOSTS = ("facebook.com", "facebook.net")
API_URL = "META_API_URL"
OTHERS_MAY_WRITE, OTHERS_MAY_READ = 0o002, 0o044
"""A group that may write is mostly the user's own: many systems make files so."""


def is_loopback(url: str) -> bool:
    """Whether the address is one of this machine, where nothing is sent over a network."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_of_meta(url: str) -> bool:
    """Whether the address is one of Meta's, with https."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" and any(
        host == known or host.endswith(f".{known}") for known in META_HOSTS
    )


def check_sources(api_url: str, variables: Iterable[str]) -> None:
    """Refuse to send a token of the environment to an address that only `.env` names.

    Raises:
        UsageError: one of the variables would be sent there; names both sources.
    """
    if os.environ.get(API_URL) or is_of_meta(api_url) or is_loopback(api_url):
        return
    for variable in variables:
        if os.environ.get(variable):
            raise UsageError(
                f"{variable} comes from the environment, but {API_URL} from {env_file()}, "
                f"and names another server than Meta's ({urlsplit(api_url).netloc}): nothing was "
                f"sent. Set {API_URL} in the environment if that is meant, or take it out of "
                "that file."
            )


def check_file() -> None:
    """Refuse a `.env` that somebody else wrote or can write, or that cannot be read.

    Raises:
        UsageError: the file is another user's, others may write to it, or it is no text for this
            user; or META_ADS_ENV_FILE names one that is not there.
    """
    path = env_file()
    try:
        info = path.stat()
    except OSError as error:
        if os.environ.get(NAMED_ENV_FILE):
            raise UsageError(f"{NAMED_ENV_FILE} names {path}: {error.strerror}.") from None
        return
    # Root may work in a user's folder, as containers and sudo do.
    if info.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise UsageError(
            f"{path} belongs to another user, and could send your token elsewhere: call the "
            "command in a folder of yours, or make the file yours with chown."
        )
    if info.st_mode & OTHERS_MAY_WRITE:
        raise UsageError(
            f"Others may write to {path}, and so send your token elsewhere: chmod 600 {path}"
        )
    try:
        path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"The settings {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The settings {path} are not UTF-8 text.") from None


def notices(api_url: str) -> Iterator[str]:
    """What the user should know before the API is asked: another address, a file open to others.

    An address of this machine that the environment names is a sandbox: nothing is said of it.
    """
    is_from_file = not os.environ.get(API_URL)
    if not is_of_meta(api_url) and (is_from_file or not is_loopback(api_url)):
        source = str(env_file()) if is_from_file else "the environment"
        yield f"Meta's API is asked at {api_url}, as {API_URL} of {source} says."
    path = env_file()
    if path.is_file() and path.stat().st_mode & OTHERS_MAY_READ and any(_secret_names(path)):
        yield f"Others may read {path}, which holds secrets: chmod 600 {path}"


def _secret_names(path: Path) -> Iterator[str]:
    for name, value in dotenv_values(path).items():
        if value and any(part in name for part in ("TOKEN", "SECRET", "URL")) and name != API_URL:
            yield name
