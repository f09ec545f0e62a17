"""The clients file: the agency's customers. Every error names the line and the field."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orchestration.answers.families import Counting, Own
from orchestration.clients.routes import DEFAULT, AlertsSection, check_routes
from orchestration.clients.yaml_file import Location, read_clients_file
from orchestration.secret_forms import VariableName, quoted, safe

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


CustomId = Annotated[str, BeforeValidator(str), Field(pattern=r"^\d+$")]
"""The id of a custom conversion at Meta; YAML reads it as a number where it has no quotes."""


def complete_account_id(value: Any) -> Any:
    """`act_123` of `123`, which is how Ads Manager shows the id; anything else as it is."""
    text = str(value) if type(value) is int else value
    return f"act_{text}" if isinstance(text, str) and re.fullmatch(r"[0-9]+", text) else value


AdAccountId = Annotated[str, BeforeValidator(complete_account_id), Field(pattern=r"^act_\d+$")]


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
    """One entry of the clients file: a customer with one ad account.

    `account_since` is the first day that this account is asked for, if there was another before.
    """

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    name: str = Field(min_length=1)
    ad_account_id: AdAccountId
    account_since: date | None = None
    status: Literal["active", "paused", "ended"] = "active"
    starts_on: date | None = None
    ends_on: date | None = None
    expects_conversions: bool = True
    conversion_families: tuple[Family, ...] | None = Field(None, min_length=1)
    custom_conversions: dict[CustomId, Family | Literal["other"]] = {}
    levels: tuple[Level, ...] = ("campaign",)
    token_env: VariableName | None = None
    owner: str | None = None
    alerts: str | None = None
    group: str | None = None
    pauses: tuple[Pause, ...] = ()

    @property
    def own_families(self) -> Own:
        """What this client counts in its own way; None: as the seed of conversion families says."""
        families, custom = self.conversion_families, self.custom_conversions
        if not families and not custom:
            return None
        return Counting(frozenset(families) if families else None, frozenset(custom.items()))

    @model_validator(mode="after")
    def _in_order(self) -> "Client":
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("ends_on lies before starts_on")
        if self.account_since and self.ends_on and self.ends_on < self.account_since:
            raise ValueError("ends_on lies before account_since")
        if "campaign" not in self.levels:
            raise ValueError("levels must contain campaign: the marts stand on it")
        return self


class _Content(AlertsSection):
    model_config = ConfigDict(extra="forbid")

    clients: list[Client] = Field(min_length=1)


def load_clients(path: Path) -> list[Client]:
    """The clients of a file, in its order; the file's routes are checked with them.

    Raises:
        UsageError: no such file, no YAML, an unknown or wrong field, an id or account twice, a
            route that does not exist. The message has a line per problem:
            `clients.yml:12: clients.3.ad_account_id: …`.
    """
    file = read_clients_file(path)
    content = file.as_model(_Content)
    check_routes(file, content.alerts)
    file.refuse([*_repeated(content), *_unknown_routes(content)])
    return content.clients


def _repeated(content: _Content) -> Iterator[tuple[Location, str]]:
    for field in ("client_id", "ad_account_id"):
        seen: dict[str, int] = {}
        for index, client in enumerate(content.clients):
            value = getattr(client, field)
            if seen.setdefault(value, index) != index:
                text = f"{safe(value)} stands already at entry {seen[value]}"
                yield ("clients", index, field), text


def _unknown_routes(content: _Content) -> Iterator[tuple[Location, str]]:
    known = {DEFAULT, *(route.name for route in content.alerts)}
    for index, client in enumerate(content.clients):
        if client.alerts is not None and client.alerts not in known:
            text = f"there is no route {quoted(client.alerts)}; there is {', '.join(sorted(known))}"
            yield ("clients", index, "alerts"), text
