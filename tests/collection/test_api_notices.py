"""Meta's announcements about its API: new, repeated, gone, or unknown without an answer."""

from datetime import date

import pytest
import requests
from databases import Warehouse
from sandbox_support import spoil

from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.errors import UnreachableError
from orchestration.sandbox.process import SandboxProcess

DAY = date(2026, 11, 14)
CLIENT = Client.model_validate({"client_id": "a", "name": "A", "ad_account_id": "act_1001"})


def run(warehouse: Warehouse, sandbox: SandboxProcess) -> None:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    collect(settings, [CLIENT], since=DAY, until=DAY, run_id="run")


def mend(sandbox: SandboxProcess) -> None:
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)


def test_a_notice_is_open_while_the_api_repeats_it(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    stored = "select notice, closed_at is null, first_heard_at, last_heard_at from ops.api_notices"
    run(warehouse, sandbox)
    assert warehouse.rows(stored) == []
    spoil(sandbox, "version_warning")
    run(warehouse, sandbox)
    ((notice, is_open, first, _),) = warehouse.rows(stored)
    assert notice.startswith("Meta warns about API version")
    assert is_open
    run(warehouse, sandbox)
    ((_, is_open, again, last),) = warehouse.rows(stored)
    assert (is_open, again) == (True, first)
    assert last > first
    mend(sandbox)
    run(warehouse, sandbox)
    assert not warehouse.rows(stored)[0][1]
    spoil(sandbox, "version_warning")
    run(warehouse, sandbox)
    ((_, is_open, reopened, _),) = warehouse.rows(stored)
    assert is_open
    assert reopened > last


def test_where_nothing_answers_nothing_is_known_of_its_announcements(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "version_warning")
    run(warehouse, sandbox)
    mend(sandbox)
    spoil(sandbox, "http_500")
    with pytest.raises(UnreachableError):
        run(warehouse, sandbox)
    assert warehouse.value("select closed_at is null from ops.api_notices")
