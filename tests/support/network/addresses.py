"""Calls from the several addresses that this machine has on loopback."""

from typing import Any

import requests


class From(requests.adapters.HTTPAdapter):
    """Calls from one of the addresses of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, source_address=(self._address, 0), **kwargs)


def calls_from(address: str) -> requests.Session:
    """A client at this address."""
    session = requests.Session()
    session.mount("http://", From(address))
    return session
