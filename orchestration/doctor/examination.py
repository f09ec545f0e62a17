"""All that is looked at, in its order; whatever is broken, the rest is looked at."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from orchestration.clients.model import Client, load_clients
from orchestration.doctor import api, background, machine
from orchestration.doctor.destinations import alert_destinations
from orchestration.doctor.line import Line, failure, guarded, ok
from orchestration.doctor.warehouse import warehouse
from orchestration.errors import UsageError
from orchestration.settings import Settings, read_settings
from orchestration.settings.places import env_file


def examine(is_demo: Callable[[Settings], bool]) -> Iterator[Line]:
    """Every line. Nothing is started, made, changed or sent.

    Without usable settings nobody knows which API and which warehouse are meant, so that nothing
    that depends on them is looked at.
    """
    yield from guarded("Python", machine.python)
    try:
        settings = read_settings()
    except UsageError as error:
        yield failure("Settings", str(error), f"mend it in the environment or in {env_file()}")
        rest = "state folder, clients, API, database, servers, alerts"
        yield failure("All else", f"not looked at without usable settings: {rest}")
        return
    demo = is_demo(settings)
    looks: dict[str, Callable[[], Iterator[Line]]] = {
        "Settings": partial(machine.settings_file, settings),
        "State folder": partial(machine.state_folder, settings),
        "Clients": partial(machine.clients_file, settings, is_demo=demo),
        "API": partial(_api, settings, is_demo=demo),
        "Database": partial(warehouse, settings),
        "Servers": partial(background.servers, settings),
        "Alerts": partial(alert_destinations, settings),
    }
    for name, look in looks.items():
        yield from guarded(name, look)


def _api(settings: Settings, *, is_demo: bool) -> Iterator[Line]:
    if is_demo:
        yield ok("API", "the demo's sandbox, which each command starts for itself")
        return
    yield from api.version_of_api(settings)
    clients: list[Client] = []
    # What is wrong with the file stands in its own line.
    with suppress(UsageError):
        clients = load_clients(settings.clients_file)
    yield from api.tokens(settings, clients)
