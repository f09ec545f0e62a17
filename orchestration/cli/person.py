"""Who sits at the keyboard, for what is kept with a name."""

import getpass


def person() -> str:
    """The person as the machine calls them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
