"""Adds entries to the clients file, and leaves every other line of it as it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from orchestration.clients.model import load_clients
from orchestration.clients.yaml_file import read_clients_file
from orchestration.errors import UsageError

OWNER_ONLY = 0o600


def has_clients(path: Path) -> bool:
    """Whether there is a file with any content.

    The shell empties a file before a command begins that writes to it: such a file is as good as
    none, and so is one that holds nothing but comments.
    """
    return path.is_file() and read_clients_file(path).root is not None


def append_clients(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write entries to the end of the list of clients; makes the file where there is none.

    Raises:
        UsageError: the file has errors, or its list is written in one line as `[...]`. It is left
            as it was then.
    """
    path = path.resolve()
    text = path.read_text("utf-8") if path.is_file() else ""
    if not has_clients(path):
        head = f"{text.rstrip()}\n" if text.strip() else ""
        new = f"{head}clients:\n{_as_yaml(entries, 2)}"
    else:
        new = _inserted(path, text, entries)
    draft = path.with_name(f".{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft.write_text(new, "utf-8")
        draft.chmod(path.stat().st_mode & 0o777 if path.exists() else OWNER_ONLY)
        load_clients(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _inserted(path: Path, text: str, entries: Sequence[Mapping[str, Any]]) -> str:
    load_clients(path)
    root = read_clients_file(path).root
    assert isinstance(root, yaml.MappingNode)
    (clients,) = (value for key, value in root.value if key.value == "clients")
    if clients.flow_style:
        raise UsageError(
            f"{path} has its clients in one line: add the entries that meta-ads clients discover "
            "prints by hand."
        )
    lines = text.splitlines()
    end = _last_line(clients) + 1
    added = _as_yaml(entries, clients.start_mark.column).splitlines()
    return "\n".join([*lines[:end], *added, *lines[end:]]) + "\n"


def _as_yaml(entries: Sequence[Mapping[str, Any]], indent: int) -> str:
    """The entries as items of a list, each line indented by so many spaces."""
    document = yaml.safe_dump([dict(e) for e in entries], sort_keys=False, allow_unicode=True)
    return "".join(f"{' ' * indent}{line}\n" for line in document.splitlines())


def _last_line(node: yaml.Node) -> int:
    """The last line of a node's content, counted from 0: its own end may be after comments."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line
