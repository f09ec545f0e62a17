"""Real receivers on loopback as destinations of alerts, and settings that lead to them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import states
from alert_receivers import Receivers
from databases import Warehouse
from mail_servers import MailServer
from receivers import HttpReceiver

from orchestration.settings import Settings


@pytest.fixture(scope="module")
def servers() -> Iterator[Receivers]:
    """Slack, a mail server and a webhook on loopback."""
    with ExitStack() as stack:
        yield Receivers(
            stack.enter_context(HttpReceiver()),
            stack.enter_context(MailServer()),
            stack.enter_context(HttpReceiver()),
        )


@pytest.fixture
def receivers(servers: Receivers) -> Receivers:
    """The same servers, which have received nothing yet and accept everything."""
    servers.forget()
    servers.slack.answers.clear()
    servers.webhook.answers.clear()
    servers.mail.refuse.clear()
    return servers


@pytest.fixture
def settings(world: Warehouse, receivers: Receivers) -> Settings:
    """A healthy world, all destinations set up."""
    states.healthy(world)
    return receivers.settings(world)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server on loopback that accepts everything."""
    with MailServer() as server:
        yield server
