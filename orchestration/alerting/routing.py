"""Which destinations an alert goes to: by its severity, its client, and the client's owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.alerting.destinations.setup import Setup
from orchestration.alerting.messages.event import Event, subject_of
from orchestration.clients.routes import Route, routes_of


@dataclass(frozen=True)
class Routing:
    """The routes of the clients file, the destinations that are on, and the clients by id."""

    routes: Sequence[Route]
    setup: Setup
    clients: Mapping[str, Mapping[str, Any]]

    def destinations_of(self, event: Event) -> list[str]:
        """The destinations of an event, each once.

        An alert about several clients goes to the default route and to the routes of its clients.
        A destination gets no message that it fails itself.
        """
        alert = event.alert
        if alert["client_id"] is not None:
            routes = [self._route(alert["client_id"])]
        else:
            concerned = alert["facts"].get("clients", ())
            routes = [self._default, *map(self._route, concerned)]
        names = self._usable([name for route in routes for name in route.names(alert["severity"])])
        if alert["rule"] == "destination_failing":
            return [name for name in names if name != subject_of(alert)]
        return names

    def by_default(self, severity: str) -> list[str]:
        """The destinations of the default route for a severity."""
        return self._usable(self._default.names(severity))

    @property
    def _default(self) -> Route:
        return routes_of(None, None, self.routes)

    def _route(self, client_id: str) -> Route:
        client = self.clients.get(client_id, {})
        return routes_of(client.get("alert_route"), client.get("owner"), self.routes)

    def _usable(self, names: Sequence[str]) -> list[str]:
        """Destinations that are on; the common one replaces a route's own one that is off."""
        usable = [name if name in self.setup.on else name.partition(":")[0] for name in names]
        return [name for name in dict.fromkeys(usable) if name in self.setup.on]
