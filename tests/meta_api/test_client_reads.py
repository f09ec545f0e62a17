"""The client without faults: every level, every object, and which token is sent."""

from datetime import date
from decimal import Decimal

import pytest
import requests
from client_support import ACCOUNT, SINCE, TOKEN, UNTIL, honest, probe
from pydantic import SecretStr
from sandbox_support import NOW

from orchestration.meta_api.errors import BadRequestError
from orchestration.sandbox.process import SandboxProcess

SECRET = "s3cr3t-of-the-app"


@pytest.mark.parametrize("level", ["account", "campaign", "adset", "ad"])
@pytest.mark.parametrize(
    ("since", "until"), [(SINCE, UNTIL), (date(2026, 10, 20), date(2026, 10, 31))]
)
def test_every_level_adds_up_to_the_truth_deleted_objects_included(
    sandbox: SandboxProcess, level: str, since: date, until: date
) -> None:
    rows = probe(sandbox).read(level, since=since, until=until)
    asked = {"account": ACCOUNT, "since": since.isoformat(), "until": until.isoformat()}
    truth = requests.get(f"{sandbox.url}/sandbox/truth", params=asked, timeout=20).json()
    assert sum(Decimal(row["spend"]) for row in rows) == Decimal(truth["spend"])
    assert sum(int(row["impressions"]) for row in rows) == truth["impressions"]
    purchases = [
        int(entry["value"])
        for row in rows
        for entry in row.get("actions", ())
        if entry["action_type"] == "purchase"
    ]
    assert sum(purchases) == truth["actions"]["purchase"]["count"]
    keys = [(row["date_start"], row.get(f"{level}_id")) for row in rows]
    assert len(set(keys)) == len(keys)


def test_rows_carry_the_four_windows_beside_the_default(sandbox: SandboxProcess) -> None:
    entries = [entry for row in probe(sandbox).read() for entry in row.get("actions", ())]
    named = {name for entry in entries for name in entry}
    assert named == {"action_type", "value", "1d_click", "7d_click", "28d_click", "1d_view"}


@pytest.mark.parametrize("edge", ["campaigns", "adsets", "ads"])
def test_objects_are_listed_in_every_state(sandbox: SandboxProcess, edge: str) -> None:
    client = probe(sandbox).client
    states = {
        row["effective_status"]
        for account in (ACCOUNT, "act_1003", "act_1006")
        for page in client.entities(account, edge)
        for row in page
    }
    assert "ACTIVE" in states
    assert states & {"DELETED", "ARCHIVED"}


def test_an_account_says_what_it_is(sandbox: SandboxProcess) -> None:
    facts = probe(sandbox).client.account("act_1007")
    assert (facts.currency, facts.timezone_name) == ("JPY", "Asia/Tokyo")
    assert (facts.status, facts.status_in_words) == (1, "active")


def test_all_accounts_of_a_token_are_listed(sandbox: SandboxProcess) -> None:
    client = probe(sandbox).client
    found = [account.account_id for page in client.accounts() for account in page]
    assert found == [str(number) for number in range(1001, 1017)]
    assert client.calls == 1


def test_an_app_that_asks_for_proof_gets_it(sandbox: SandboxProcess) -> None:
    with SandboxProcess(now=NOW, app_secret=SECRET) as strict:
        assert probe(strict, app_secret=SecretStr(SECRET)).read() == honest(sandbox)
        for wrong in (None, SecretStr("another")):
            with pytest.raises(BadRequestError, match="appsecret_proof"):
                probe(strict, app_secret=wrong).read()


def test_no_netrc_of_the_machine_replaces_the_token(
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("netrc")
    (home / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (home / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    with SandboxProcess(now=NOW, token=TOKEN) as strict:
        assert probe(strict).read()
