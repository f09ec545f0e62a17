"""The folder that a command is called in, which may have been deleted meanwhile."""

from pathlib import Path

from orchestration.errors import UsageError


def current_folder() -> Path | None:
    """The current folder; None where somebody deleted it after the shell went there."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def whole_path(written: Path | str) -> Path:
    """The path from the root on, of one that a person wrote.

    Raises:
        UsageError: it is below the current folder, which was deleted.
    """
    path = Path(written).expanduser()
    try:
        return path.absolute()
    except FileNotFoundError:
        raise UsageError(
            f"The current folder was deleted, and {written} is below it: call the command in "
            "another folder, or write the whole path."
        ) from None
