"""Stops a collection with a clear message if the API answered no client at all."""

from collections.abc import Collection, Mapping

from orchestration.errors import UnreachableError
from orchestration.meta_api.errors import (
    MetaApiError,
    TokenDeadError,
    TransientError,
    VersionRetiredError,
)

MESSAGES: Mapping[type[MetaApiError], str] = {
    TokenDeadError: "Every token is refused ({error}): renew META_ACCESS_TOKEN and run again.",
    VersionRetiredError: (
        "Meta no longer serves this version of its API ({error}): set META_API_VERSION to "
        "a version that it serves and run again."
    ),
    TransientError: (
        "The Insights API cannot be reached ({error}): check META_API_URL and the network. "
        "Nothing was changed; the next run asks again."
    ),
}
"""What to say if the errors of all clients are of one kind."""


def stop_if_nobody_answers(errors: Mapping[str, MetaApiError], client_ids: Collection[str]) -> None:
    """Raise if each of the clients that were asked for ended with an error of the same kind.

    Raises:
        UnreachableError: the API answered no client, or every token is dead.
    """
    if not client_ids or {*client_ids} - errors.keys():
        return
    first = next(iter(errors.values()))
    for kind, message in MESSAGES.items():
        if all(isinstance(error, kind) for error in errors.values()):
            raise UnreachableError(message.format(error=first))
