"""The error of commands that name a client which does not exist."""

from collections.abc import Iterable

from orchestration.errors import UsageError
from orchestration.secret_forms import safe


def unknown_client(client_id: str, known: Iterable[str]) -> UsageError:
    """The error that names the clients that exist; a token given by mistake is not quoted."""
    names = ", ".join(known)
    there_are = f"the clients are {names}" if names else "nothing was collected yet"
    return UsageError(f"No client {safe(client_id)}: {there_are}.")
