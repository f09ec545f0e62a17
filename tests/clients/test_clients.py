"""The clients file: what is wrong is named with its line and field."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from factories import write_clients

from orchestration.answers.families import Counting, members
from orchestration.clients.model import Family, load_clients
from orchestration.errors import UsageError

GOOD = "  - {client_id: a, name: A, ad_account_id: act_1}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "clients.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_full_entry_is_read_as_it_stands(tmp_path: Path) -> None:
    text = """clients:
  - client_id: atelier-lumiere
    name: Atelier Lumière
    ad_account_id: act_1014
    status: ended
    account_since: 2025-06-01
    starts_on: 2024-01-01
    ends_on: 2026-10-31
    levels: [campaign, ad]
    token_env: ATELIER_TOKEN
    pauses:
      - {since: 2026-08-01, until: 2026-08-15, reason: summer}
"""
    (client,) = load_clients(written(tmp_path, text))
    assert (client.name, client.status) == ("Atelier Lumière", "ended")
    assert (client.starts_on, client.ends_on) == (date(2024, 1, 1), date(2026, 10, 31))
    assert client.account_since == date(2025, 6, 1)
    assert client.levels == ("campaign", "ad")
    assert client.pauses[0].until == date(2026, 8, 15)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (GOOD.replace("act_1", "acct_1"), ":2: clients.0.ad_account_id:", "does not have the form"),
        (GOOD + GOOD.replace("a,", "B b,"), ":3: clients.1.client_id:", "'B b'"),
        (GOOD.replace("name", "nam"), ":2: clients.0.nam", "unknown field"),
        (GOOD.replace("name: A, ", ""), ":2: clients.0.name:", "required"),
        (GOOD.replace("}", ", starts_on: soon}"), ":2: clients.0.starts_on:", "date"),
        (GOOD.replace("}", ", starts_on: 2026-13-01}"), ":2: clients.0.starts_on:", "month"),
        (GOOD.replace("}", ", ends_on: 2026-02-30}"), ":2: clients.0.ends_on:", "day"),
        (
            GOOD.replace("}", ", starts_on: 2026-02-01, ends_on: 2026-01-01}"),
            ":2: clients.0:",
            "ends_on lies before starts_on",
        ),
        (
            GOOD.replace("}", ", account_since: 2026-02-01, ends_on: 2026-01-01}"),
            ":2: clients.0:",
            "ends_on lies before account_since",
        ),
        (GOOD.replace("}", ", account_since: soon}"), ":2: clients.0.account_since:", "date"),
        (GOOD.replace("}", ", levels: [ad]}"), ":2: clients.0:", "must contain campaign"),
        (GOOD.replace("}", ", levels: [campaign, page]}"), ":2: clients.0.levels.1:", "adset"),
        (GOOD.replace("}", ", status: asleep}"), ":2: clients.0.status:", "paused"),
        (
            GOOD
            + "  - client_id: b\n    name: B\n    ad_account_id: act_2\n    pauses:\n"
            + "      - {since: 2026-02-01, until: 2026-01-01, reason: x}\n",
            ":7: clients.1.pauses.0:",
            "until lies before since",
        ),
        (GOOD + GOOD.replace("act_1", "act_2"), ":3: clients.1.client_id:", "already at entry 0"),
        (GOOD + GOOD.replace("a,", "b,"), ":3: clients.1.ad_account_id:", "already at entry 0"),
        ("  []\n", ":1: clients:", "at least 1"),
    ],
)
def test_an_error_names_its_line_and_its_field(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    path = written(tmp_path, "clients:\n" + text)
    with pytest.raises(UsageError) as raised:
        load_clients(path)
    assert f"{path}{place}" in str(raised.value)
    assert words in str(raised.value)


def test_every_problem_of_the_file_is_listed_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("act_1", "acct_1").replace("name: A", "name: ''")
    with pytest.raises(UsageError) as raised:
        load_clients(written(tmp_path, "clients:\n" + bad + bad))
    assert str(raised.value).count("clients.yml:") == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clients: [\n", "is not YAML: line 2"),
        ("clients:\n\t- x\n", "is not YAML: line 2"),
        ("", "the document"),
        ("just a text", "the document"),
        ("clients:\n", "clients"),
        ("[1, 2]", "the document"),
        ("!!python/object/apply:os.system ['true']", "is not YAML: line 1"),
    ],
)
def test_a_file_that_is_no_list_of_clients_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        load_clients(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yml cannot be read"):
        load_clients(tmp_path / "none.yml")
    (tmp_path / "latin.yml").write_bytes("clients: é".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        load_clients(tmp_path / "latin.yml")


def test_the_families_that_a_client_may_name_are_those_of_the_seed() -> None:
    never = {"link_click", "landing_page_view", "other"}
    assert set(get_args(Family)) == {member.family for member in members().values()} - never


def test_a_client_may_name_its_own_conversion_families(tmp_path: Path) -> None:
    path = write_clients(
        tmp_path / "clients.yml",
        "client_id: acme, name: A, ad_account_id: act_1, conversion_families: [lead, add_to_cart]",
    )
    own = Counting(frozenset({"lead", "add_to_cart"}))
    assert load_clients(path)[0].own_families == own


def test_a_client_may_give_its_custom_conversions_a_family(tmp_path: Path) -> None:
    path = write_clients(
        tmp_path / "clients.yml",
        "client_id: acme, name: A, ad_account_id: act_1, "
        "custom_conversions: {123: lead, '456': other}",
    )
    own = Counting(None, frozenset({("123", "lead"), ("456", "other")}))
    assert load_clients(path)[0].own_families == own


@pytest.mark.parametrize("written_as", ["1001", "'1001'", "act_1001"])
def test_an_account_id_may_be_written_as_ads_manager_shows_it(
    tmp_path: Path, written_as: str
) -> None:
    path = write_clients(
        tmp_path / "clients.yml", f"client_id: a, name: A, ad_account_id: {written_as}"
    )
    assert load_clients(path)[0].ad_account_id == "act_1001"


@pytest.mark.parametrize("custom", ["{form: lead}", "{123: link_click}"])
def test_a_custom_conversion_is_an_id_with_a_family_that_there_is(
    tmp_path: Path, custom: str
) -> None:
    path = write_clients(
        tmp_path / "clients.yml",
        f"client_id: acme, name: A, ad_account_id: act_1, custom_conversions: {custom}",
    )
    with pytest.raises(UsageError, match=r"clients.yml:2: clients\.0\.custom_conversions"):
        load_clients(path)


def test_link_clicks_never_count_as_conversions(tmp_path: Path) -> None:
    path = write_clients(
        tmp_path / "clients.yml",
        "client_id: acme, name: A, ad_account_id: act_1, conversion_families: [link_click]",
    )
    with pytest.raises(UsageError, match="conversion_families"):
        load_clients(path)
