"""The name of the person at the command line, stored with what they decide."""

import getpass


def person() -> str:
    """The user name on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
