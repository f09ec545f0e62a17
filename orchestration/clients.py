"""The clients file: who the agency's customers are. Every error names the line and the field."""

import re
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.errors import UsageError

Level = Literal["campaign", "adset", "ad"]
Family = Literal[
    "purchase",
    "lead",
    "add_to_cart",
    "initiate_checkout",
    "complete_registration",
    "view_content",
    "search",
    "subscribe",
    "contact",
    "messaging_conversation",
    "app_install",
]
"""Conversion families that may count as conversions; clicks and page views never do."""


class Pause(BaseModel):
    """Days on which a client is known not to advertise; both ends are included."""

    model_config = ConfigDict(extra="forbid")

    since: date
    until: date
    reason: str = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> "Pause":
        if self.until < self.since:
            raise ValueError("until lies before since")
        return self


class Client(BaseModel):
    """One entry of the clients file: one customer's one ad account."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    name: str = Field(min_length=1)
    ad_account_id: str = Field(pattern=r"^act_\d+$")
    status: Literal["active", "paused", "ended"] = "active"
    starts_on: date | None = None
    ends_on: date | None = None
    expects_conversions: bool = True
    conversion_families: tuple[Family, ...] | None = Field(None, min_length=1)
    levels: tuple[Level, ...] = ("campaign",)
    token_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    owner: str | None = None
    alerts: str | None = None
    group: str | None = None
    pauses: tuple[Pause, ...] = ()

    @property
    def own_families(self) -> frozenset[str] | None:
        """The conversion families that this client counts; None: those that the seed flags."""
        return frozenset(self.conversion_families) if self.conversion_families else None

    @model_validator(mode="after")
    def _in_order(self) -> "Client":
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("ends_on lies before starts_on")
        if "campaign" not in self.levels:
            raise ValueError("levels must contain campaign: the marts stand on it")
        return self


class _ClientsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    clients: list[Client] = Field(min_length=1)


def load_clients(path: Path) -> list[Client]:
    """The clients of a file, in its order.

    Raises:
        UsageError: no such file, no YAML, an unknown or wrong field, an id or account twice.
            The message has a line per problem: `clients.yml:12: clients.3.ad_account_id: …`.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"The clients file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The clients file {path} is not UTF-8 text.") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"The clients file {path} is not YAML: {_where(error)}.") from None
    try:
        clients = _ClientsFile.model_validate(document).clients
    except ValidationError as error:
        problems = [_problem(path, root, dict(problem)) for problem in error.errors()]
        raise UsageError("The clients file cannot be used:\n" + "\n".join(problems)) from None
    _check_unique(path, root, clients)
    return clients


def _check_unique(path: Path, root: yaml.Node | None, clients: list[Client]) -> None:
    for field in ("client_id", "ad_account_id"):
        seen: dict[str, int] = {}
        for index, client in enumerate(clients):
            value = getattr(client, field)
            if value in seen:
                line = _line(root, ("clients", index, field))
                raise UsageError(
                    f"The clients file cannot be used:\n{path}:{line}: clients.{index}.{field}: "
                    f"{value} stands already at entry {seen[value]}"
                )
            seen[value] = index


def _problem(path: Path, root: yaml.Node | None, problem: dict[str, Any]) -> str:
    location = tuple(problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        known = ", ".join(sorted(Client.model_fields))
        message = f"unknown field; the fields of a client are {known}"
    elif problem["type"] == "string_pattern_mismatch":
        pattern = re.sub(r"[\^$]", "", str(problem["ctx"]["pattern"]))
        message = f"{problem['input']!r} does not have the form {pattern}"
    field = ".".join(str(part) for part in location) or "the document"
    return f"{path}:{_line(root, location)}: {field}: {message}"


def _line(node: yaml.Node | None, location: tuple[str | int, ...]) -> int:
    """The line of the deepest part of `location` that the file has, counted from 1."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if part not in pairs:
                break
            key, node = pairs[part]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)
