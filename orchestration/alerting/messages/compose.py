"""Writes messages: events of one kind, rule and severity become one message per destination."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.alerting.messages.event import Event, subject_of
from orchestration.alerting.messages.links import client_item, client_label, links
from orchestration.alerting.messages.message import Content, Draft, Item, Kind
from orchestration.alerting.messages.rules import ALERT_RULES, Rule
from orchestration.alerting.messages.severity import SEVERITIES, Severity
from orchestration.days import days_in_words
from orchestration.text import instant, plural, times

MOST_ITEMS = 20
"""How many items a message shows; the dashboard has all of them."""
MOST_FIGURES = 5
KIND_ORDER: tuple[Kind, ...] = ("resolved", "raised", "opened", "reopened", "reminder")
"""What is over comes first, so that the reader ends with what is still open."""
PREFIXES: Mapping[Kind, str] = {"reopened": "Again: ", "reminder": "Still: "}
PLACEHOLDERS = {"client": "CLIENT", "subject": "…", "since": "SINCE", "until": "UNTIL"}
"""What a command shows when the message is about several clients."""

DestinationsOf = Callable[[Event], Iterable[str]]


@dataclass(frozen=True)
class Composer:
    """Writes messages about events.

    `clients` are the clients by id, `dashboard` is its URL without a final slash.
    `with_figures`: whether amounts may stand in a message.
    """

    clients: Mapping[str, Mapping[str, Any]]
    dashboard: str
    with_figures: bool = False

    def drafts(self, events: Sequence[Event], destinations_of: DestinationsOf) -> list[Draft]:
        """The messages about events, in the order in which they are to be read."""
        groups: dict[tuple[Kind, Severity, str, str], list[Event]] = defaultdict(list)
        for event in events:
            for destination in destinations_of(event):
                alert = event.alert
                groups[event.kind, alert["severity"], alert["rule"], destination].append(event)
        ordered = sorted(groups.items(), key=lambda group: _reading_order(*group[0]))
        return [
            Draft(destination, self._content(kind, severity, ALERT_RULES[rule], group))
            for (kind, severity, rule, destination), group in ordered
        ]

    def _content(
        self, kind: Kind, severity: Severity, rule: Rule, events: Sequence[Event]
    ) -> Content:
        items = [item for event in events for item in self._items(event)]
        is_resolved = kind == "resolved"
        return Content(
            kind=kind,
            severity=severity,
            rule=rule.name,
            title=_prefix(kind, severity) + self._title(rule, events, is_resolved=is_resolved),
            items=tuple(items[:MOST_ITEMS]),
            more=max(0, len(items) - MOST_ITEMS),
            since=_since(events, is_resolved=is_resolved),
            does=rule.when_resolved if is_resolved else rule.system_does,
            do="" if is_resolved else _filled(rule.to_do, events),
            links=links(self.dashboard, rule.name),
            note=_note(kind, events),
            alerts=tuple(sorted(event.alert["alert_id"] for event in events)),
        )

    def _title(self, rule: Rule, events: Sequence[Event], *, is_resolved: bool) -> str:
        """What is wrong, and for whom: a client, several clients, or a subject in brackets."""
        sentence = rule.resolved_title if is_resolved else rule.title
        first = events[0].alert
        clients = {event.alert["client_id"] for event in events} - {None}
        if len(clients) > 1:
            return f"{plural(len(clients), 'client')}: {sentence}"
        if clients:
            return f"{self._label(first['client_id'])}: {sentence}"
        about = [subject for event in events if (subject := subject_of(event.alert))]
        concerned = len(first["facts"].get("clients", ())) if len(events) == 1 else 0
        if concerned:
            about.append(plural(concerned, "client"))
        return f"{sentence} ({', '.join(about)})" if about else sentence

    def _items(self, event: Event) -> list[Item]:
        """The client with its days and the reason; for a cause the reason and all its clients."""
        alert = event.alert
        facts = alert["facts"]
        if event.kind == "resolved":
            text = days_in_words(facts.get("days", ())) or facts.get("month", "")
        else:
            text = alert["detail"]
            if self.with_figures and (figures := facts.get("figures")):
                text += f" ({'; '.join(figures[:MOST_FIGURES])})"
        if alert["client_id"] is not None:
            return [self._client(alert["client_id"], text)]
        concerned = [self._client(client_id) for client_id in facts.get("clients", ())]
        subject = subject_of(alert)
        if text:
            return [Item(subject or "Reason", text), *concerned]
        return concerned or ([Item(subject, "")] if subject else [])

    def _client(self, client_id: str, text: str = "") -> Item:
        return client_item(self.dashboard, client_id, self._label(client_id), text)

    def _label(self, client_id: str) -> str:
        return client_label(client_id, self.clients.get(client_id, {}).get("name"))


def _reading_order(
    kind: Kind, severity: Severity, rule: str, destination: str
) -> tuple[int, int, int, str]:
    rank = list(ALERT_RULES).index(rule)
    return KIND_ORDER.index(kind), SEVERITIES.index(severity), rank, destination


def _prefix(kind: Kind, severity: Severity) -> str:
    return f"Now {severity}: " if kind == "raised" else PREFIXES.get(kind, "")


def _since(events: Sequence[Event], *, is_resolved: bool) -> str:
    """When it began; of resolved alerts both ends."""
    began = instant(min(e.alert["since"] or e.alert["opened_at"] for e in events))
    if not is_resolved:
        return began
    return f"{began} to {instant(max(event.alert['resolved_at'] for event in events))}"


def _filled(sentence: str, events: Sequence[Event]) -> str:
    """The sentence with client, days, subject and id filled in where there is only one of them."""
    values = dict(PLACEHOLDERS)
    if len({event.alert["client_id"] for event in events}) == 1:
        values["client"] = events[0].alert["client_id"] or PLACEHOLDERS["client"]
        if days := sorted({d for e in events for d in e.alert["facts"].get("days", ())}):
            values |= {"since": days[0], "until": days[-1]}
    if len(events) == 1:
        alert = events[0].alert
        values["subject"] = subject_of(alert) or PLACEHOLDERS["subject"]
        sentence = sentence.replace(" ID ", f" {alert['alert_id']} ")
    return sentence.format(**values)


def _note(kind: Kind, events: Sequence[Event]) -> str:
    notes = {event.note for event in events} - {""}
    if notes:
        return " ".join(sorted(notes))
    if kind == "reopened" and len(events) == 1:
        return (
            f"It was resolved before; it has now opened {times(events[0].alert['times_opened'])}."
        )
    return ""
