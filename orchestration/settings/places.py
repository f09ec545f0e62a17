"""Where state and settings are kept: one place of an installation, whatever the current folder is.

The state is in META_ADS_HOME. Without that variable it is in `.meta-ads` of the checkout that the
program runs from, and for an installed package in the user's folder of data. `.env` and the
clients file are looked for in the current folder first, then in the folder that META_ADS_HOME
names, or else in the checkout or the user's folder of settings.
"""

import os
from pathlib import Path

from dotenv import dotenv_values

from orchestration.process.current_folder import current_folder, whole_path
from orchestration.shipped_files import checkout

HOME, ENV_FILE, CLIENTS_FILE = "META_ADS_HOME", ".env", "clients.yml"
NAMED_ENV_FILE = "META_ADS_ENV_FILE"
"""The variable that names the file of settings, so that no other is looked for."""
STATE_FOLDER = ".meta-ads"
OURS = ("META_ADS_", "META_ACCESS_TOKEN", "META_APP_SECRET", "META_API_", "WAREHOUSE_URL")
"""How the names of our settings begin: a `.env` without any belongs to another project.

Not `META_` alone: a shop with Meta's pixel has META_PIXEL_ID and META_APP_ID.
"""


def user_folder() -> Path:
    """The user's folder of settings, as the XDG base directories say."""
    return _user_place("XDG_CONFIG_HOME", "~/.config")


def user_state() -> Path:
    """The user's folder of data, which may be large and is no setting."""
    return _user_place("XDG_DATA_HOME", "~/.local/share")


def default_home() -> Path:
    """The state folder where META_ADS_HOME does not name one."""
    root = checkout()
    return root / STATE_FOLDER if root else user_state()


def folders() -> list[Path]:
    """The folders in which `.env` and the clients file are looked for, in this order.

    A state folder that the environment names is an installation of its own: the files of the
    checkout are not its files.
    """
    place = whole_path(named) if (named := os.environ.get(HOME)) else checkout() or user_folder()
    here = current_folder()
    return list(dict.fromkeys((here, place) if here else (place,)))


def env_files() -> list[Path]:
    """Where settings are looked for: the file that META_ADS_ENV_FILE names, else several."""
    if named := os.environ.get(NAMED_ENV_FILE):
        return [whole_path(named)]
    return [folder / ENV_FILE for folder in folders()]


def env_file() -> Path:
    """The one file of settings that is read: the first with a setting of ours, else the first.

    Where none is there, it is the place where one may be written.
    """
    candidates = env_files()
    there = [path for path in candidates if _is_file(path)]
    return next((path for path in (*filter(_is_ours, there), *there)), candidates[-1])


def own_env_file() -> Path:
    """The first file with a setting of ours, else the place where one may be written."""
    candidates = env_files()
    return next(filter(_is_ours, candidates), candidates[-1])


def clients_files() -> list[Path]:
    """Where the clients file is looked for if META_ADS_CLIENTS does not name it."""
    return [folder / CLIENTS_FILE for folder in folders()]


def clients_file() -> Path:
    """The first clients file that is there, else the place where one may be written."""
    candidates = clients_files()
    return next(filter(_is_file, candidates), candidates[-1])


def _is_file(path: Path) -> bool:
    """Whether a file is there, as far as one may look: nothing is found in a closed folder."""
    try:
        return path.is_file()
    except OSError:
        return False


def other_state() -> Path | None:
    """A state folder in the current folder, where earlier releases kept it, that is not used."""
    folder = current_folder()
    if folder is None or not os.access(folder, os.X_OK):
        return None
    here = folder / STATE_FOLDER
    return here if here.is_dir() and here.resolve() != default_home().resolve() else None


def _is_ours(path: Path) -> bool:
    return any(name.startswith(OURS) for name in _names(path))


def _user_place(variable: str, otherwise: str) -> Path:
    base = Path(os.environ.get(variable) or "")
    return (base if base.is_absolute() else Path(otherwise).expanduser()) / "meta-ads"


def _names(path: Path) -> list[str]:
    try:
        return list(dotenv_values(path))
    except (OSError, UnicodeDecodeError):
        return []
