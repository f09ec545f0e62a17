"""The story of the demo: purchases vanish at Meta, and no report is wrong for it.

An agency's monthly reports once showed campaigns without their conversions, and nobody noticed for
months. Here the same happens in the sandbox, within two weeks of one September.
"""

import sys
import webbrowser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import monotonic, sleep
from typing import Any

import requests

from orchestration.cli.output.console import say
from orchestration.cli.tutorial.page import Page, open_page
from orchestration.cli.tutorial.stage import Stage, set_up
from orchestration.settings import load_settings
from orchestration.text import plural

MONTH = date(2026, 9, 1)
FIRST_MORNING = date(2026, 9, 10)
HEALTH_SECONDS = 30
INDENT = " " * 12


@dataclass(frozen=True)
class Calendar:
    """The mornings of the story: quiet ones, those without purchases, quiet ones again.

    `lost` and `back` are the numbers of the mornings on which the purchases vanish and return.
    """

    mornings: tuple[date, ...]
    lost: int
    back: int

    @classmethod
    def of(cls, days: int) -> "Calendar":
        """So many mornings: a third before the loss, a third without purchases, the rest after."""
        mornings = tuple(FIRST_MORNING + timedelta(days=number) for number in range(days))
        lost = max(2, days // 3)
        return cls(mornings, lost, lost + max(1, days // 3))


def play(days: int, port: int, *, opens_browser: bool) -> None:
    """Play the story, with commentary; at the end all of it is deleted.

    Args:
        days: how many mornings, four at least; after twenty the month would be over.
        port: of the dashboard; where it is taken, a free one is used.
    """
    began = monotonic()
    say("An agency with three clients, in September 2026. A sandbox plays Meta.")
    calendar = Calendar.of(days)
    with set_up(MONTH) as stage:
        stage.wake(calendar.mornings[0])
        say("A database is made; the month so far is collected, checked and published ...")
        summary = stage.work()
        with open_page(load_settings(), port) as page:
            address = f"{page.url}/admin/monitoring"
            page.show(load_settings())
            say(f"The dashboard follows the story: {address}")
            if opens_browser:
                webbrowser.open(address)
            _report(stage, page, calendar.mornings[0], summary)
            _play(stage, page, calendar)
            say(f"That was the demo, in {monotonic() - began:.0f} s.")
            _wait_for_the_reader()
    say("All of it is deleted. The same by hand, step by step: docs/tutorial.md.")


def _play(stage: Stage, page: Page, calendar: Calendar) -> None:
    """The mornings after the first."""
    for number, morning in enumerate(calendar.mornings[1:], start=1):
        stage.wake(morning)
        if number == calendar.lost:
            _say_scene(
                "Meta loses the purchases of Acme Outdoor: those of the last two days and of all",
                "days to come, in campaigns and in the account's own total. Spend is still there.",
            )
            stage.lose_purchases(morning - timedelta(days=2))
        if number == calendar.back:
            _say_scene("Meta has the purchases again, and tells nobody.")
            stage.bring_back()
        summary = stage.work()
        page.show(load_settings())
        _report(stage, page, morning, summary)
        if number == calendar.lost:
            _show_the_loss(stage, morning)
        if number == calendar.back:
            _say_lines("The run asked for those days again by itself: nobody had to do anything.")
    _show_the_end(stage, calendar.mornings[-1])


def _report(stage: Stage, page: Page, morning: date, summary: Mapping[str, Any]) -> None:
    """One line about a morning, and one for each message that came."""
    published = stage.published()
    state = _health(page)
    if refused := _refused_days(summary["troubles"]):
        state += f"; {plural(refused, 'day')} of Acme refused"
    say(
        f"{morning:%a %d %b}  Acme in the marts: {published.days} days, "
        f"{published.purchases:,.0f} purchases. Health: {state}"
    )
    for mail in stage.mailbox.empty():
        say(f"{INDENT}Message received: {mail.title}")


def _refused_days(troubles: Sequence[Mapping[str, Any]]) -> int:
    """How many days the run refused."""
    return sum(
        (date.fromisoformat(each["until"]) - date.fromisoformat(each["since"])).days + 1
        for each in troubles
        if each["kind"] == "refused"
    )


def _health(page: Page) -> str:
    """What the health API says: `healthy`, `degraded` or `unhealthy`."""
    answer = requests.get(f"{page.url}/api/admin/data-health", timeout=HEALTH_SECONDS)
    return str(answer.json()["status"])


def _show_the_loss(stage: Stage, morning: date) -> None:
    """Meta's answer beside the marts, on the morning of the loss."""
    _say_lines(
        "",
        "Acme in September               spend  purchases",
        f"what Meta answers today {stage.answered(morning - timedelta(days=1))}",
        f"what the marts say      {stage.published()}",
        "Whoever loads that answer reports days without their sales. Here those days were refused,",
        "the last good ones stand, and the other clients are published as ever.",
        "",
    )


def _show_the_end(stage: Stage, morning: date) -> None:
    """The marts beside the truth, which no fault of the sandbox changes."""
    _say_lines(
        "",
        "Acme in September               spend  purchases",
        f"what the marts say      {stage.published()}",
        f"what really happened    {stage.truth(morning - timedelta(days=1))}",
        "",
    )


def _say_scene(*lines: str) -> None:
    """Say what happens at Meta."""
    say("")
    for number, line in enumerate(lines):
        say(f"{'    ' if number else '>>> '}{line}")


def _say_lines(*lines: str) -> None:
    """Say lines below the line of a morning."""
    for line in lines:
        say(f"{INDENT}{line}" if line else "")


def _wait_for_the_reader() -> None:
    """Keep the dashboard until Ctrl-C where a person is at the terminal."""
    if not sys.stdin.isatty():
        return
    say("The dashboard stays until Ctrl-C.")
    try:
        while True:
            sleep(1)
    except KeyboardInterrupt:
        say("")
