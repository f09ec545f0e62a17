"""What the rules judge: the health checks, and what the checks do not tell, in one transaction."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestration.alerting.messages.event import Alert
from orchestration.alerting.messages.rules.rule import REFUSED_DAYS
from orchestration.alerting.rows import dict_rows
from orchestration.expectations.catalogue import DEFAULT_ALERT
from orchestration.expectations.catalogue import RULES as GATE_RULES
from orchestration.health.checks import Health, read_health
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

GAP_DAYS = 35
"""How far back missing days are looked for; days that an open alert names have no limit."""
NO_LIMIT = 2**31 - 1
"""How many entries a list of a health check may have."""
CHANGED_MONTHS_DAYS = 35
"""Changes of final months that are older are history, unless an alert about them is open."""
SPLIT_ALERT = "split_data"
"""Its refused days are in the health check splitData."""
LASTING_RULES = [
    name for name, rule in GATE_RULES.items() if rule.alert not in (DEFAULT_ALERT, SPLIT_ALERT)
]
"""The rules of the gate with another alert, whose refused days no health check lists."""
UNTIL_PUBLISHED = ["daily_collection", "gap_older_than_a_day", DEFAULT_ALERT, *REFUSED_DAYS]
"""Alert rules about days: an alert stays until the months of its days are published."""

Row = Mapping[str, Any]


@dataclass(kw_only=True)
class Evidence:
    """Everything that the rules see of one moment; `now` is the database's clock.

    `clients` and `failures` (the latest failed collection of each) are by client. `still_failing`
    are failed collections (client, since, until) with a day whose latest attempt failed; the days
    of all others were answered since. `refused_days` were refused by `LASTING_RULES`, and are not
    kept yet. `unresolved` are alerts by fingerprint, `still_missing` the days that they name and
    that are not published, with whether they have come.
    """

    health: Health
    now: datetime
    set_up_at: datetime
    last_answer_at: datetime | None
    clients: Mapping[str, Row]
    failures: Mapping[str, Row]
    builds: Row
    still_failing: set[tuple[str, str, str]] = field(default_factory=set)
    changed_final_months: Sequence[Row] = ()
    gate_warnings: Sequence[Row] = ()
    refused_days: Sequence[Row] = ()
    api_notices: Sequence[Row] = ()
    failed_runs: Sequence[Row] = ()
    failing_destinations: Sequence[Row] = ()
    still_missing: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    unresolved: Mapping[str, Alert] = field(default_factory=dict)

    def check(self, name: str) -> Mapping[str, Any]:
        """The detail of a health check; its lists are complete."""
        return self.health.checks[name]

    def waiting_for_a_build(self, rule: str) -> Iterator[tuple[str, str]]:
        """Days (client, day) that unresolved alerts of a rule name, and that only a build lacks."""
        for fingerprint, days in self.still_missing.items():
            name, client_id, _ = fingerprint.split(":", 2)
            if name == rule:
                yield from ((client_id, day) for day, is_there in days.items() if is_there)


def read_evidence(connection: Connection) -> Evidence:
    """The evidence of this moment.

    Collections and people go on meanwhile: a client or an alert that only one of two queries knows
    is left to the next evaluation.
    """
    clock = _rows(connection, "clock")[0]
    clients, unresolved = clients_by_id(connection), _unresolved_alerts(connection)
    return Evidence(
        health=read_health(connection, gap_days=GAP_DAYS, most=NO_LIMIT),
        now=clock["now"],
        set_up_at=clock["set_up_at"],
        last_answer_at=clock["last_answer_at"],
        clients=clients,
        failures={
            row["client_id"]: row
            for row in _rows(connection, "failures")
            if row["client_id"] in clients
        },
        builds=_rows(connection, "builds")[0],
        still_failing={
            (row["client_id"], row["since"], row["until"])
            for row in _rows(connection, "still_failing")
        },
        changed_final_months=_rows(
            connection, "changed_final_months", {"days": CHANGED_MONTHS_DAYS}
        ),
        gate_warnings=_rows(connection, "gate_warnings"),
        refused_days=_rows(connection, "refused_days", {"rules": LASTING_RULES}),
        api_notices=_rows(connection, "api_notices"),
        failed_runs=_rows(connection, "failed_runs"),
        failing_destinations=_rows(connection, "failing_destinations"),
        still_missing=_still_missing(connection, unresolved),
        unresolved=unresolved,
    )


def clients_by_id(connection: Connection) -> dict[str, Row]:
    """The clients of the clients file, as the warehouse knows them."""
    return {row["client_id"]: row for row in _rows(connection, "clients")}


def _unresolved_alerts(connection: Connection) -> dict[str, Alert]:
    """Alerts that are open or acknowledged, by fingerprint."""
    return {row["fingerprint"]: row for row in _rows(connection, "unresolved_alerts")}


def _still_missing(
    connection: Connection, unresolved: Mapping[str, Alert]
) -> Mapping[str, Mapping[str, bool]]:
    days: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in _rows(connection, "still_missing_days", {"rules": UNTIL_PUBLISHED}):
        if row["fingerprint"] in unresolved:
            days[row["fingerprint"]][row["day"]] = row["is_there"]
    return days


def _rows(
    connection: Connection, name: str, values: Mapping[str, Any] | None = None
) -> Sequence[Row]:
    return dict_rows(connection, read_sql(__file__, name), values)
