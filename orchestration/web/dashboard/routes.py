"""The routes of the dashboard."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from orchestration.health import panel
from orchestration.health.checks import Health
from orchestration.web.api.routes import CLIENT_PATTERN
from orchestration.web.dashboard import alert_data, overview_data, publication_data, runbook
from orchestration.web.dashboard.client_data import client_facts, client_page
from orchestration.web.dashboard.dagster_state import Dagster
from orchestration.web.dashboard.day_calendar import LONGEST_FILTER, STATES, day_calendar
from orchestration.web.dashboard.overview_data import Totals
from orchestration.web.dashboard.pages import PageRoute, page
from orchestration.web.dashboard.sessions import DASHBOARD, check_form, safe_page
from orchestration.web.dashboard.system import disk_of, system_of
from orchestration.web.database import UNREACHABLE, Database
from orchestration.web.snapshot import Snapshot, read_health_async
from orchestration.web.timed_cache import TimedCache

TOTALS_SECONDS = 600.0
"""How long the totals are cached; of all queries theirs takes the longest."""
LARGEST_ID = 2**63 - 1

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@dataclass(frozen=True)
class Shared:
    """The objects that all requests for pages share."""

    dagster: Dagster
    totals: TimedCache[Totals] = field(default_factory=lambda: TimedCache(TOTALS_SECONDS))


@router.get("/")
@router.get("/admin")
@router.get("/admin/")
async def start() -> Response:
    """Go to the monitoring page."""
    return RedirectResponse(DASHBOARD.start, 303)


@router.get(DASHBOARD.start)
async def monitoring(request: Request) -> Response:
    """Health of the data and of the system, alerts, calendar, recovery log, publications, totals.

    While the warehouse cannot be reached, the page shows the rest, with status 503.
    """
    snapshot: Snapshot = request.app.state.snapshot
    health = await snapshot.health()
    board, dagster, disk = await asyncio.gather(
        _board(request, health),
        _shared(request).dagster.state(),
        disk_of(request.app.state.settings),
    )
    values = _panel(health) | {"board": board, "dagster": dagster, "disk": disk}
    values |= {
        "day_states": STATES,
        "sections": runbook.anchors(),
        "runs": _shared(request).dagster,
    }
    return page(request, "monitoring.html", values, 200 if board is not None else 503)


@router.get(DASHBOARD.start + "/clients/{client_id}")
async def client(request: Request, client_id: str) -> Response:
    """The page of a client."""
    database: Database = request.app.state.database
    facts = None
    if re.fullmatch(CLIENT_PATTERN, client_id):
        facts = await client_facts(database, client_id)
    if facts is None:
        raise HTTPException(404, "There is no such client.")
    values = _panel(await read_health_async(database, client_id))
    values |= {"client": await client_page(database, facts), "runs": _shared(request).dagster}
    values |= {"alerts": await alert_data.open_alerts(database, client_id)}
    values |= {"recovery": await alert_data.recovery_log(database, client_id)}
    values |= {"day_states": STATES, "sections": runbook.anchors()}
    return page(request, "client.html", values)


@router.get(DASHBOARD.start + "/publications/{publication_id}")
async def publication(request: Request, publication_id: str) -> Response:
    """The page of a publication."""
    database: Database = request.app.state.database
    number = _number(publication_id)
    row = await publication_data.publication(database, number) if number else None
    if row is None:
        raise HTTPException(404, "There is no such publication.")
    values = {
        "publication": row,
        "manifest": await publication_data.manifest(database, number),
        "reopenings": await publication_data.reopenings(database, number),
        "changes": await publication_data.changes(database, row),
    }
    return page(request, "publication.html", values)


@router.post("/admin/alerts/{alert_id}/acknowledge")
async def acknowledge(
    request: Request,
    alert_id: str,
    csrf_token: Annotated[str, Form(alias="proof")] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Acknowledge an alert, and go back to the page of the form."""
    caller = check_form(request, csrf_token)
    number = _number(alert_id)
    database: Database = request.app.state.database
    if not number or await alert_data.acknowledge(database, number, caller.name) == "unknown":
        raise HTTPException(404, "There is no such alert.")
    return RedirectResponse(safe_page(request, back), 303)


@router.get("/admin/runbook")
async def runbook_page(request: Request) -> Response:
    """The runbook: what to do about each check, rule and alert."""
    return page(request, "runbook.html", {"runbook": runbook.runbook()})


@router.get("/admin/{rest:path}")
async def no_such_page() -> Response:
    """Answer 404 for any other page."""
    raise HTTPException(404, "There is no such page.")


async def _board(request: Request, health: Health) -> dict[str, Any] | None:
    """What the page reads from the warehouse; None while it cannot be reached."""
    if not health.is_reachable:
        return None
    database: Database = request.app.state.database
    query = request.query_params
    text = query.get("q", "").replace("\0", "").strip()[:LONGEST_FILTER]
    try:
        return {
            "system": await system_of(database),
            "alerts": await alert_data.alert_board(database),
            "calendar": await day_calendar(database, _number(query.get("page", "")) or 1, text),
            "publications": await overview_data.latest_publications(database),
            "totals": await _totals(request, database),
        }
    except UNREACHABLE:
        return None


async def _totals(request: Request, database: Database) -> Totals | None:
    """The totals; None if they take too long, so that the rest of the page is still shown."""
    try:
        key = await overview_data.totals_key(database)
        return await _shared(request).totals.get(lambda: overview_data.totals(database), key)
    except UNREACHABLE:
        return None


def _panel(health: Health) -> dict[str, Any]:
    return {"health": health, "lines": panel.lines(health)}


def _shared(request: Request) -> Shared:
    state = request.app.state
    if not hasattr(state, "dashboard"):
        state.dashboard = Shared(Dagster(state.settings.dagster_url, state.access.internal_token))
    shared: Shared = state.dashboard
    return shared


def _number(text: str) -> int:
    """An id of the database in a URL; 0 if the text is none."""
    if not re.fullmatch(r"[0-9]{1,19}", text):
        return 0
    return min(int(text), LARGEST_ID + 1) % (LARGEST_ID + 1)
