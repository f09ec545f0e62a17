"""Which destinations an alert goes to: by its severity, its client, and whose client it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.alerting.destinations.setup import Setup
from orchestration.alerting.messages.event import Event
from orchestration.clients.routes import Route, routes_of


@dataclass(frozen=True)
class Routing:
    """The routes of the clients file, the destinations that are on, and the clients by id."""

    routes: Sequence[Route]
    setup: Setup
    clients: Mapping[str, Mapping[str, Any]]

    def where(self, event: Event) -> list[str]:
        """The destinations of an event, each once.

        What concerns several clients goes the default way, and to the routes of those clients.
        A destination that fails is not told so itself.
        """
        alert = event.alert
        if alert["client_id"] is not None:
            concerned = [self._route(alert["client_id"])]
        else:
            named = [self._route(client_id) for client_id in alert["facts"].get("clients", ())]
            concerned = [self.default, *named]
        names = [name for route in concerned for name in route.names(alert["severity"])]
        failing = alert["rule"] == "destination_failing"
        subject = str(alert["fingerprint"]).rpartition("destination_failing::")[2]
        return [name for name in self._usable(names) if not (failing and name == subject)]

    @property
    def default(self) -> Route:
        """What has no route of its own."""
        return routes_of(None, None, self.routes)

    def everywhere(self, severity: str) -> list[str]:
        """The destinations of the default route for a severity."""
        return self._usable(self.default.names(severity))

    def _route(self, client_id: str) -> Route:
        client = self.clients.get(client_id, {})
        return routes_of(client.get("alert_route"), client.get("owner"), self.routes)

    def _usable(self, names: Sequence[str]) -> list[str]:
        """Those that are on; for one of a route's own that is not, the common one of its kind."""
        usable = [name if name in self.setup.on else name.partition(":")[0] for name in names]
        return [name for name in dict.fromkeys(usable) if name in self.setup.on]
