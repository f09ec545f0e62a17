"""Hands what dbt has parsed from one warehouse to the next: parsing anew takes four seconds.

dbt itself sees whether it still fits. It does not for another database: those of the tests bear the
same few names in turn.
"""

import shutil
from pathlib import Path

PARSED = Path("dbt/target/partial_parse.msgpack")
MANIFESTS = "dbt/manifest-*.json"
"""What Dagster reads of it: of files with another digest it makes one anew."""
COMMANDS = {"run", "collect", "build", "recover"}
"""The commands that parse the project."""
OWNER_ONLY_FOLDER, OWNER_ONLY_FILE = 0o700, 0o600

_homes: dict[str, list[Path]] = {}


def bring_parsed_project(url: str, home: Path) -> None:
    """Copy what was parsed for this database last, unless something is there already."""
    homes = _homes.setdefault(url, [])
    parsed = [path / PARSED for path in homes if (path / PARSED).exists()]
    if home not in homes:
        homes.append(home)
    to = home / PARSED
    if not parsed or to.exists():
        return
    for folder in (to.parents[1], to.parent):
        folder.mkdir(mode=OWNER_ONLY_FOLDER, exist_ok=True)
    source = parsed[-1].parents[2]
    for path in (parsed[-1], *source.glob(MANIFESTS)):
        copied = home / path.relative_to(source)
        shutil.copyfile(path, copied)
        copied.chmod(OWNER_ONLY_FILE)
