"""What a message says: events of one kind and rule put together, for each destination once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestration.alerting.messages.event import Event
from orchestration.alerting.messages.message import SEVERITIES, Content, Draft, Item, Kind, Link
from orchestration.alerting.messages.rules import BY_NAME, Rule
from orchestration.text import days_in_words, instant, plural

MOST_ITEMS = 20
"""So many clients a message names; the dashboard has all."""
MOST_FIGURES = 5
ORDER: tuple[Kind, ...] = ("resolved", "raised", "opened", "reopened", "reminder")
"""Good news first, so that what is left comes last."""
BEGINNINGS: Mapping[Kind, str] = {
    "reopened": "Again: ",
    "reminder": "Still: ",
    "resolved": "Healed: ",
}
PLACES = {"client": "CLIENT", "subject": "…", "since": "SINCE", "until": "UNTIL"}
"""What stands in a command that is about several clients."""

Where = Callable[[Event], Iterable[str]]
"""The destinations of an event."""


def compose(
    events: Sequence[Event],
    where: Where,
    clients: Mapping[str, Mapping[str, Any]],
    dashboard: str,
    *,
    with_figures: bool,
) -> list[Draft]:
    """The messages of an evaluation, in the order in which they are to be read."""
    groups: dict[tuple[Kind, str, str, str], list[Event]] = defaultdict(list)
    for event in events:
        for destination in where(event):
            key = (event.kind, event.alert["rule"], event.alert["severity"], destination)
            groups[key].append(event)
    rules = list(BY_NAME)
    ordered = sorted(
        groups.items(),
        key=lambda group: (
            ORDER.index(group[0][0]),
            SEVERITIES.index(group[0][2]),
            rules.index(group[0][1]),
            group[0][3],
        ),
    )
    return [
        Draft(destination, _content(kind, rule, severity, group, clients, dashboard, with_figures))
        for (kind, rule, severity, destination), group in ordered
    ]


def _content(
    kind: Kind,
    rule_name: str,
    severity: str,
    events: Sequence[Event],
    clients: Mapping[str, Mapping[str, Any]],
    dashboard: str,
    with_figures: bool,
) -> Content:
    rule = BY_NAME[rule_name]
    items = [item for event in events for item in _items(event, clients, dashboard, with_figures)]
    since = [event.alert["since"] or event.alert["opened_at"] for event in events]
    is_over = kind == "resolved"
    return Content(
        kind,
        severity,  # type: ignore[arg-type]
        rule_name,
        _title(kind, severity, rule, events, clients),
        tuple(items[:MOST_ITEMS]),
        max(0, len(items) - MOST_ITEMS),
        _lasted(min(since), events) if is_over else instant(min(since)),
        rule.after if is_over else rule.does,
        "" if is_over else _filled(rule.do, events),
        (
            Link("Dashboard", f"{dashboard}/admin/monitoring"),
            Link("Runbook", f"{dashboard}/admin/runbook#{rule_name}"),
        ),
        _note(kind, events),
        tuple(sorted(event.alert["alert_id"] for event in events)),
    )


def _title(
    kind: Kind,
    severity: str,
    rule: Rule,
    events: Sequence[Event],
    clients: Mapping[str, Mapping[str, Any]],
) -> str:
    beginning = f"Now {severity}: " if kind == "raised" else BEGINNINGS.get(kind, "")
    sentence = rule.healed if kind == "resolved" else rule.title
    first = events[0].alert
    concerned_clients = {event.alert["client_id"] for event in events} - {None}
    if len(concerned_clients) > 1:
        return f"{beginning}{plural(len(concerned_clients), 'client')}: {sentence}"
    if concerned_clients:
        return f"{beginning}{_name(first['client_id'], clients)}: {sentence}"
    if len(events) > 1:
        return f"{beginning}{sentence} ({', '.join(_subject(e.alert) for e in events)})"
    subject = _subject(first)
    concerned = len(first["facts"].get("clients", ()))
    about = [*([subject] if subject else []), *([plural(concerned, "client")] if concerned else [])]
    told = ", ".join(about)
    return f"{beginning}{sentence} ({told})" if told else f"{beginning}{sentence}"


def _items(
    event: Event,
    clients: Mapping[str, Mapping[str, Any]],
    dashboard: str,
    with_figures: bool,
) -> list[Item]:
    """The client with its days and why; of a cause the reason, and the clients it concerns."""
    alert = event.alert
    facts = alert["facts"]
    if event.kind == "resolved":
        text = days_in_words(facts.get("days", ())) or facts.get("month", "")
    else:
        text = alert["detail"]
        if with_figures and (figures := facts.get("figures")):
            text += f" ({'; '.join(figures[:MOST_FIGURES])})"
    if alert["client_id"] is not None:
        return [_item(alert["client_id"], text, clients, dashboard)]
    concerned = [_item(c, "", clients, dashboard) for c in facts.get("clients", ())]
    return [*([Item(_subject(alert), text)] if text or not concerned else []), *concerned]


def _item(
    client_id: str, text: str, clients: Mapping[str, Mapping[str, Any]], dashboard: str
) -> Item:
    return Item(
        _name(client_id, clients), text, f"{dashboard}/admin/monitoring/clients/{client_id}"
    )


def _name(client_id: str, clients: Mapping[str, Mapping[str, Any]]) -> str:
    name = clients.get(client_id, {}).get("name")
    return f"{name} ({client_id})" if name else client_id


def _subject(alert: Mapping[str, Any]) -> str:
    return str(alert["fingerprint"]).split(":", 2)[2]


def _filled(sentence: str, events: Sequence[Event]) -> str:
    """The commands with their client and days, where there is only one."""
    values = dict(PLACES)
    if len({event.alert["client_id"] for event in events}) == 1:
        values["client"] = events[0].alert["client_id"] or PLACES["client"]
        if days := sorted({d for e in events for d in e.alert["facts"].get("days", ())}):
            values |= {"since": days[0], "until": days[-1]}
    if len(events) == 1:
        alert = events[0].alert
        values["subject"] = _subject(alert) or PLACES["subject"]
        sentence = sentence.replace(" ID ", f" {alert['alert_id']} ")
    return sentence.format(**values)


def _lasted(since: datetime, events: Sequence[Event]) -> str:
    until = max(event.alert["resolved_at"] for event in events)
    return f"{instant(since)} to {instant(until)}"


def _note(kind: Kind, events: Sequence[Event]) -> str:
    notes = {event.note for event in events} - {""}
    if notes:
        return " ".join(sorted(notes))
    if kind == "reopened" and len(events) == 1:
        times = events[0].alert["times_opened"]
        return f"It was resolved, and is there for the {_ordinal(times)} time."
    return ""


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
