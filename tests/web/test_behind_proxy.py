"""The address of a client behind a proxy, and which addresses a client can pretend to have."""

from collections.abc import Iterator

import pytest
import worlds
from addresses import calls_from
from databases import Warehouse
from servers import TOKEN, HealthServer, serving

PROXY, STRANGER = "127.0.0.5", "127.0.0.6"
WRONG = {"Authorization": "Bearer wrong-token-of-some-length"}
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def proxied(world: Warehouse) -> Iterator[HealthServer]:
    worlds.healthy(world)
    settings = {"META_ADS_TRUSTED_PROXIES": f"{PROXY},10.9.0.0/16", "META_ADS_RATE_LIMIT": "50"}
    with serving(world, TOKEN, **settings) as server:
        yield server


def guesses(server: HealthServer, address: str, *clients: str) -> set[int]:
    """The last answers to many wrong tokens that come over an address."""
    with calls_from(address) as session:
        codes = [
            session.get(
                f"{server.url}/metrics", headers=WRONG | {"X-Forwarded-For": client}, timeout=20
            ).status_code
            for client in clients
        ]
    return {*codes[20:]}


def test_a_proxy_tells_clients_apart(proxied: HealthServer) -> None:
    assert guesses(proxied, PROXY, *["203.0.113.1"] * 30) == {429}
    assert guesses(proxied, PROXY, *["203.0.113.2"] * 21) == {429}
    assert guesses(proxied, PROXY, *(f"203.0.113.{n}" for n in range(10, 40))) == {401}
    # Of a home's network an IPv6 client can take any address.
    assert guesses(proxied, PROXY, *(f"2001:db8::{n:x}" for n in range(1, 31))) == {429}


def test_an_undeclared_proxy_cannot_set_the_address_of_a_client(proxied: HealthServer) -> None:
    made_up = [f"198.51.100.{n}" for n in range(30)]
    assert guesses(proxied, STRANGER, *made_up) == {429}
    # What a client put there before the proxy did is not believed either.
    assert guesses(proxied, PROXY, *(f"{address}, 203.0.113.77" for address in made_up)) == {429}


def test_the_cookie_is_for_tls_only_where_the_proxy_says_so(proxied: HealthServer) -> None:
    for address, is_secure in ((PROXY, True), (STRANGER, False)):
        with calls_from(address) as session:
            answer = session.post(
                f"{proxied.url}/admin/login",
                data={"token": TOKEN},
                headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.50"},
                allow_redirects=False,
                timeout=20,
            )
        assert answer.status_code == 303
        assert ("Secure" in answer.headers["set-cookie"]) is is_secure


def test_strangers_behind_an_undeclared_proxy_keep_nobody_from_logging_in(
    proxied: HealthServer,
) -> None:
    with calls_from("127.0.0.7") as proxy:
        form = f"{proxied.url}/admin/login"
        for _ in range(150):
            assert proxy.get(form, headers=HTML, timeout=20).status_code == 401
        for _ in range(60):
            proxy.post(form, data={"token": "wrong"}, timeout=20)
        shown = proxy.get(f"{proxied.url}/admin/monitoring", headers=HTML, timeout=20)
        assert 'action="/admin/login"' in shown.text
        right = proxy.post(form, data={"token": TOKEN}, allow_redirects=False, timeout=20)
        assert right.status_code == 303
        page = proxy.get(f"{proxied.url}/admin/monitoring", headers=HTML, timeout=20)
        assert page.status_code == 200


@pytest.mark.parametrize("value", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.1, 10.0.0.x"])
def test_only_addresses_and_networks_are_taken_for_proxies(value: str, world: Warehouse) -> None:
    done = world.run("serve", "--port", "0", META_ADS_TRUSTED_PROXIES=value)
    assert done.returncode == 2
    assert "META_ADS_TRUSTED_PROXIES: Value error, must be addresses or networks" in done.stderr
