"""The clients file as YAML: every error names the line and the field."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from orchestration.errors import UsageError
from orchestration.foreign_text import shown
from orchestration.secret_forms import masked, quoted, safe

Location = tuple[str | int, ...]
"""Where in the document, such as `("clients", 3, "ad_account_id")`."""
Model = TypeVar("Model", bound=BaseModel)
_LOADER: Any = type("_Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})


def _timestamp(loader: Any, node: yaml.ScalarNode) -> Any:
    """A day that is in no calendar, such as 2026-02-30, stays text: its field refuses it."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_LOADER.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)


@dataclass(frozen=True)
class ClientsFile:
    """The content of the file, and its YAML nodes, which know their lines."""

    path: Path
    document: Any
    root: yaml.Node | None

    def as_model(self, model: type[Model]) -> Model:
        """The document as a model.

        Raises:
            UsageError: an unknown or wrong field; has a line per problem.
        """
        try:
            return model.model_validate(self.document)
        except ValidationError as error:
            problems = [_problem(model, dict(problem)) for problem in error.errors()]
        raise self._refusal(problems)

    def refuse(self, problems: Iterable[tuple[Location, str]]) -> None:
        """Raise an error for problems that concern more than one field, if there are any.

        Raises:
            UsageError: has a line per problem: `clients.yml:12: clients.3.ad_account_id: …`.
        """
        if listed := list(problems):
            raise self._refusal(listed)

    def _refusal(self, problems: Iterable[tuple[Location, str]]) -> UsageError:
        lines = [
            f"{self.path}:{_line(self.root, location)}: "
            f"{shown('.'.join(map(safe, location))) or 'the document'}: {shown(text)}"
            for location, text in problems
        ]
        return UsageError("The clients file cannot be used:\n" + "\n".join(lines))


def read_clients_file(path: Path) -> ClientsFile:
    """The file, parsed but not yet checked.

    Raises:
        UsageError: no such file, no text, or no YAML.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"The clients file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The clients file {path} is not UTF-8 text.") from None
    try:
        return ClientsFile(path, *_parsed(text))
    except yaml.YAMLError as error:
        raise UsageError(f"The clients file {path} is not YAML: {_where(error)}.") from None


def _parsed(text: str) -> tuple[Any, yaml.Node | None]:
    """The document and its nodes, parsed once, and in C where PyYAML can: a seventh of the time."""
    loader = _LOADER(text)
    try:
        root = loader.get_single_node()
        return (None if root is None else loader.construct_document(root)), root
    finally:
        loader.dispose()


def _problem(model: type[BaseModel], problem: dict[str, Any]) -> tuple[Location, str]:
    location: Location = tuple(problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = f"unknown field; the fields here are {', '.join(_fields(model, location[:-1]))}"
    elif problem["type"] == "string_pattern_mismatch":
        pattern = re.sub(r"[\^$]", "", str(problem["ctx"]["pattern"]))
        message = f"{quoted(problem['input'])} does not have the form {pattern}"
    return location, message


def _fields(model: type[BaseModel], location: Location) -> list[str]:
    """The names, as they are written, of the fields that are allowed at a place."""
    for part in location:
        if isinstance(part, str):
            model = _model_in(model.model_fields[part].annotation) or model
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _line(node: yaml.Node | None, location: Location) -> int:
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
    return f"line {mark.line + 1}: {masked(problem)}" if mark else masked(str(problem))
