"""Adds entries to the clients file, and leaves every other line of it as it is."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeGuard

import yaml

from orchestration.clients.model import load_clients
from orchestration.clients.yaml_file import read_clients_file
from orchestration.errors import UsageError
from orchestration.foreign_text import shown

OWNER_ONLY = 0o600
NULL = "tag:yaml.org,2002:null"
"""What YAML makes of a value that is not there."""


def has_clients(path: Path) -> bool:
    """Whether there is a file that says anything but that there are no clients.

    The shell empties a file before a command begins that writes to it: such a file is as good as
    none, and so is one that holds nothing but comments, or an empty list.
    """
    if not path.is_file():
        return False
    root = read_clients_file(path).root
    return root is not None and not _is_empty(_list_of(root))


def append_clients(
    path: Path,
    entries: Sequence[Mapping[str, Any]],
    *,
    head: str = "",
    remarks: Mapping[str, str] | None = None,
) -> None:
    """Write entries to the end of the list of clients; makes the file where there is none.

    `head` are comments with which a new file begins; `remarks` are one-line comments above
    entries, by their client ids.

    Its line ends, mode and owner stay: with sudo, root writes a file that another user reads.

    Raises:
        UsageError: the file has errors, or its list is written in one line as `[...]`. It is left
            as it was then.
    """
    path = path.resolve()
    text = head
    if path.is_file():
        # What cannot be read as YAML is refused here, with its line.
        read_clients_file(path)
        text = path.read_bytes().decode()
    line_end = "\r\n" if "\r\n" in text else "\n"
    new = _with_entries(path, text, _as_items(entries, remarks or {}), line_end)
    draft = path.with_name(f".{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft.write_text(new, "utf-8", newline="")
        _take_over_owner(draft, path)
        load_clients(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _with_entries(path: Path, text: str, items: Sequence[str], line_end: str) -> str:
    """The text with the entries at the end of its list, which it may lack."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        head = f"{text.rstrip()}{line_end}" if text.strip() else ""
        return f"{head}clients:{line_end}{_indented(items, 2, line_end)}"
    clients = _list_of(root)
    if _is_empty(clients):
        start, end = clients.start_mark.index, clients.end_mark.index
        text = f"{text[:start].rstrip(' ')}{text[end:]}"
        last, indent = clients.start_mark.line, 2
    else:
        load_clients(path)
        assert isinstance(clients, yaml.SequenceNode)
        if clients.flow_style:
            raise UsageError(
                f"{path} has its clients in one line: add the entries that meta-ads clients "
                "discover prints by hand."
            )
        last, indent = _last_line(clients), clients.start_mark.column
    lines = text.splitlines(keepends=True)
    before, after = "".join(lines[: last + 1]), "".join(lines[last + 1 :])
    before += "" if before.endswith(("\n", "\r")) else line_end
    return f"{before}{_indented(items, indent, line_end)}{after}"


def _list_of(root: yaml.Node) -> yaml.Node | None:
    """The node of the list of clients; None where the file has none."""
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == "clients"), None)


def _is_empty(clients: yaml.Node | None) -> TypeGuard[yaml.Node]:
    """Whether the list is there without entries, as `clients:` or `clients: []`."""
    if isinstance(clients, yaml.ScalarNode):
        return clients.tag == NULL
    return isinstance(clients, yaml.SequenceNode) and not clients.value


def _take_over_owner(draft: Path, path: Path) -> None:
    """Give the new file the mode and, as far as this user may, the owner of the old one."""
    if not path.exists():
        draft.chmod(OWNER_ONLY)
        return
    info = path.stat()
    with suppress(PermissionError):
        os.chown(draft, info.st_uid, info.st_gid)
    draft.chmod(info.st_mode & 0o777)


def _as_items(entries: Sequence[Mapping[str, Any]], remarks: Mapping[str, str]) -> Sequence[str]:
    """The lines of the entries as items of a list, each below its remark."""
    lines: list[str] = []
    for entry in entries:
        if remark := remarks.get(str(entry.get("client_id"))):
            lines.append(f"# {shown(remark)}")
        item = yaml.safe_dump([dict(entry)], sort_keys=False, allow_unicode=True)
        lines += item.splitlines()
    return lines


def _indented(lines: Sequence[str], indent: int, line_end: str) -> str:
    return "".join(f"{' ' * indent}{line}{line_end}" for line in lines)


def _last_line(node: yaml.Node) -> int:
    """The last line of a node's content, counted from 0: its own end may be after comments."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line
