"""Routes, the section `alerts` of the clients file: where the alerts of each client go."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from orchestration.clients.yaml_file import ClientsFile, Location, read_clients_file
from orchestration.errors import UsageError
from orchestration.secret_forms import VariableName, safe
from orchestration.settings import Settings

log = logging.getLogger(__name__)

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The most severe first."""
Address = Annotated[str, Field(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]
CHANNELS = ("slack", "email", "webhook")
DEFAULT = "default"


class Channel(BaseModel):
    """A destination in a route: from which severity on it is used, and with which settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lowest: Severity = Field("low", alias="from")

    @property
    def is_own(self) -> bool:
        """Whether it has its own settings; else it is the common destination."""
        return bool(self.model_dump(exclude={"lowest"}, exclude_none=True))

    @property
    def variables(self) -> list[str]:
        """The environment variables that hold its secrets."""
        named = self.model_dump(include={"url_env", "secret_env"}, exclude_none=True)
        return list(named.values())


class SlackChannel(Channel):
    """Slack; `url_env` is the variable of a webhook URL to use instead of the common one."""

    url_env: VariableName | None = None


class EmailChannel(Channel):
    """E-mail; `to` are the recipients instead of the common ones."""

    to: tuple[Address, ...] | None = Field(None, min_length=1)


class WebhookChannel(Channel):
    """A webhook; the variables of its own URL, its own signing secret, or both."""

    url_env: VariableName | None = None
    secret_env: VariableName | None = None


class Route(BaseModel):
    """Where the alerts of some clients go; only the destinations that it mentions are used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(alias="route", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    owners: tuple[str, ...] = ()
    slack: SlackChannel | None = None
    email: EmailChannel | None = None
    webhook: WebhookChannel | None = None

    @model_validator(mode="before")
    @classmethod
    def _mentioned(cls, value: Any) -> Any:
        """A key without a value, such as `slack:`, counts as a destination, too."""
        if not isinstance(value, dict):
            return value
        return value | {key: {} for key in CHANNELS if key in value and value[key] is None}

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "Route":
        if not self.channels():
            *most, last = CHANNELS
            raise ValueError(f"a route needs a destination: {', '.join(most)} or {last}")
        return self

    def channels(self) -> dict[str, Channel]:
        """Its channels by destination; one with its own settings is named like `slack:retail`."""
        channels = {kind: getattr(self, kind) for kind in CHANNELS}
        return {
            f"{kind}:{self.name}" if channel.is_own else kind: channel
            for kind, channel in channels.items()
            if channel is not None
        }

    @property
    def variables(self) -> list[str]:
        """The environment variables that hold its secrets."""
        return [name for channel in self.channels().values() for name in channel.variables]

    def names(self, severity: str) -> list[str]:
        """The destinations that take an alert of this severity, set up or not."""
        rank = SEVERITIES.index(severity)
        return [
            name
            for name, channel in self.channels().items()
            if rank <= SEVERITIES.index(channel.lowest)
        ]


EVERYWHERE = Route.model_validate({"route": DEFAULT, **dict.fromkeys(CHANNELS)})
"""The default route unless the file has one: every alert to every destination."""


class AlertsSection(BaseModel):
    """The section `alerts` of a clients file; other sections are not read."""

    alerts: tuple[Route, ...] = ()

    @field_validator("alerts", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """A section that holds only comments counts as absent."""
        return () if value is None else value


def load_routes(path: Path) -> list[Route]:
    """The routes of a clients file, in its order; its clients are not checked.

    Raises:
        UsageError: the file cannot be read, a field is unknown or wrong, a name or an owner stands
            twice. The message has a line per problem: `clients.yml:40: alerts.0.slack.from: …`.
    """
    file = read_clients_file(path)
    routes = file.as_model(AlertsSection).alerts
    check_routes(file, routes)
    return list(routes)


def check_routes(file: ClientsFile, routes: Sequence[Route]) -> None:
    """Check that each name and each owner belongs to one route only.

    Raises:
        UsageError: one stands twice.
    """
    file.refuse(_repeated(routes))


def routes_of(alert_route: str | None, owner: str | None, routes: Sequence[Route]) -> Route:
    """The route of a client: the one it names, else the one of its owner, else the default.

    A name that no route has, because the file has changed since, counts as none.
    """
    by_name = {DEFAULT: EVERYWHERE} | {route.name: route for route in routes}
    if alert_route in by_name:
        return by_name[alert_route]
    of_owner = (route for route in routes if owner is not None and owner in route.owners)
    return next(of_owner, by_name[DEFAULT])


def _repeated(routes: Sequence[Route]) -> Iterator[tuple[Location, str]]:
    names: dict[str, int] = {}
    owners: dict[str, str] = {}
    for index, route in enumerate(routes):
        if names.setdefault(route.name, index) != index:
            text = f"{safe(route.name)} stands already at entry {names[route.name]}"
            yield ("alerts", index, "route"), text
        for place, owner in enumerate(route.owners):
            if owner in owners:
                text = f"{safe(owner)} has the route {owners[owner]} already"
                yield ("alerts", index, "owners", place), text
            owners.setdefault(owner, route.name)


def configured_routes(settings: Settings) -> list[Route]:
    """The routes of the clients file; none while it cannot be read, as the collection reports."""
    try:
        return load_routes(settings.clients_file) if settings.clients_file.exists() else []
    except UsageError as error:
        log.warning("Alerts go by the default route: %s", error)
        return []
