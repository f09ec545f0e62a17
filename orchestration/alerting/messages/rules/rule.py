"""What a rule of alerts consists of, and the sentences that several rules share."""

from dataclasses import dataclass

from orchestration.alerting.messages.severity import Severity

API_CAUSES = (
    "token_dead",
    "api_version_retired",
    "access_denied",
    "account_changed",
    "api_unreachable",
    "throttled",
)
"""Why nothing comes for a client; each of them explains the alerts that follow from it."""
REFUSED_DAYS = ("split_data", "control_totals_disagree", "data_vanished")
"""Rules about days that the gate refused; each of them explains why these days are missing."""

ASKS_AGAIN = (
    "It asks Meta for these days again: after 15 minutes, then each time after twice as long (at "
    "most 12 hours), eight times in all. After that it stops and waits for you."
)
CHECKS_DAILY = "It asks Meta once a day whether this has changed."
OTHERS_GO_ON = "All other clients are collected as usual."
PUBLISHES_AGAIN = "The months that changed are built and published again."
HAS_PUBLISHED = "The days are collected, and their months are published or left out with a reason."
"""What happened before the alert was resolved: not before that are the days in the marts."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: when it is broken, an alert of its name is open.

    `title` says what is wrong, `resolved_title` what a message says once it is over. Both may
    follow the number of clients ("3 clients: …"). `system_does` says what the system does by
    itself while the alert is open, `when_resolved` what it does afterwards (may be empty), `to_do`
    what the reader should do; `{client}`, `{subject}`, `{since}`, `{until}` and ID are filled in
    there. `explained_by` names causes: while one of them is open for the same client, this rule
    sends nothing. `is_event`: it happened and cannot be undone, so only a person closes it.
    """

    name: str
    severity: Severity
    title: str
    resolved_title: str
    system_does: str
    to_do: str
    when_resolved: str = ""
    explained_by: tuple[str, ...] = ()
    is_event: bool = False
