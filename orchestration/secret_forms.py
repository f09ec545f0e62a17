"""Recognizes texts that look like a secret, and names of environment variables.

People paste a token where the name of its variable belongs, or into other fields. Such a value is
refused where only a name is allowed, and is shown nowhere.
"""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

HIDDEN = "***"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
SECRET_FORMS = re.compile(
    r"""
      \bEAA[A-Za-z0-9]{6,}                                # a token of Meta's
    | \b\d{5,}\|[\w-]{6,}                                 # an app's token: id|secret
    | (?<=access_token=)[^&\s'"]+
    | (?<=appsecret_proof=)[^&\s'"]+
    | (?<=://)[^/\s@'"]*:[^/\s@'"]*(?=@)                  # user and password of a URL
    | \bxox[a-z]-[\w-]{6,}
    | (?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[^\s'"]+
    | \bwhsec_[\w+/=-]{6,}
    """,
    re.VERBOSE,
)
LONG = re.compile(r"[A-Za-z0-9+/=_-]{32,}")
"""A text of this form is random if it has upper case, lower case and digits, or only hex digits."""
SHORTEST_RANDOM = 16
HEX = re.compile(r"[0-9a-f]{16,}", re.IGNORECASE)


def looks_secret(text: str) -> bool:
    """Whether a text, or a part of it, has the form of a token, a password or a key."""
    return bool(SECRET_FORMS.search(text)) or any(map(_is_random, LONG.findall(text)))


def masked(text: str) -> str:
    """The text with `***` for each part that has the form of a secret."""
    return SECRET_FORMS.sub(HIDDEN, text)


def quoted(value: Any) -> str:
    """A wrong value for an error message: quoted, unless it looks like a secret."""
    is_unsafe = looks_secret(str(value))
    return "its value (not shown: it looks like a secret)" if is_unsafe else repr(value)


def safe(text: object) -> str:
    """A key or a name unchanged, or `***` if it looks like a secret."""
    return HIDDEN if looks_secret(str(text)) else str(text)


def variable_name(text: str) -> str:
    """The text, if it can be the name of an environment variable and is no secret.

    Raises:
        ValueError: it cannot; the message does not quote it.
    """
    if not NAME.fullmatch(text) or looks_secret(text) or _is_random(text):
        raise ValueError(
            "must be the name of an environment variable, such as ACME_TOKEN, and not the secret "
            "itself: put the secret into that variable or into .env, and its name here. If a real "
            "secret stood here, make a new one"
        )
    return text


VariableName = Annotated[str, AfterValidator(variable_name)]
"""A field that names the variable in which a secret is."""


def has_userinfo_or_query(url: str) -> bool:
    """Whether a URL carries more than an address: a user, a password, a query, a fragment."""
    parts = urlsplit(url)
    return "@" in parts.netloc or bool(parts.query or parts.fragment)


def _is_random(text: str) -> bool:
    if len(text) < SHORTEST_RANDOM:
        return False
    kinds = (str.isupper, str.islower, str.isdigit)
    return bool(HEX.fullmatch(text)) or all(any(map(kind, text)) for kind in kinds)
