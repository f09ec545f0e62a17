"""States of the world about alerts and their destinations, and the health of each."""

from typing import Any

import worlds
from health_answers import ANY, HEALTHY, NO_ALERTS, Case, changed

SLACK = HEALTHY["alerting"]["destinations"][0]
SLACK_IS_OFF = SLACK | {"isOn": False, "reason": "no URL is set"}


def slack_fails(status: str) -> Any:
    destination = SLACK | {"failingSince": ANY, "reason": "HTTP 500: no such channel"}
    return changed("alerting", status=status, destinations=[destination])


def silence(name: str, seconds: int = 300) -> Any:
    reason = f"{name} is silent for longer than the {seconds} s that it promised"
    return changed("alerting", status="fail", reason=reason)


ALERTING_CASES = [
    Case(
        "alerts were never evaluated",
        (worlds.alerting_never_worked,),
        "healthy",
        changed(
            "alerting",
            status="warning",
            evaluatedAt=None,
            deliveredAt=None,
            reason=NO_ALERTS,
        ),
    ),
    Case(
        "alerts were never delivered",
        (worlds.alerting_is_half_set_up,),
        "healthy",
        changed("alerting", status="warning", deliveredAt=None, reason=NO_ALERTS),
    ),
    Case(
        "evaluation and delivery are as silent as they promised",
        (worlds.silent("alert_evaluation", 4), worlds.silent("alert_delivery", 4)),
        "healthy",
    ),
    Case(
        "evaluation of alerts stopped",
        (worlds.silent("alert_evaluation", 6),),
        "degraded",
        silence("evaluation"),
    ),
    Case(
        "delivery of alerts stopped",
        (worlds.silent("alert_delivery", 6),),
        "degraded",
        silence("delivery"),
    ),
    Case(
        "evaluation stopped and nothing was ever delivered",
        (worlds.silent("alert_evaluation", 6), worlds.alerting_is_half_set_up),
        "degraded",
        {"alerting": silence("evaluation")["alerting"] | {"deliveredAt": None}},
    ),
    Case(
        "a destination has failed for a minute",
        (worlds.slack_fails(1), worlds.message("sent"), worlds.message("refused", "1 hour")),
        "healthy",
        slack_fails("warning"),
    ),
    Case(
        "a destination refused a message for good",
        (worlds.slack_fails(1), worlds.message("refused", "1 minute")),
        "degraded",
        slack_fails("fail"),
    ),
    Case(
        "a destination did not take a message for too long",
        (worlds.slack_fails(2), worlds.message("expired", "1 minute")),
        "degraded",
        slack_fails("fail"),
    ),
    Case(
        "a message to another destination was refused",
        (worlds.slack_fails(1), worlds.message("refused", destination="email")),
        "healthy",
        slack_fails("warning"),
    ),
    Case(
        "a destination has failed for six minutes",
        (worlds.slack_fails(6),),
        "degraded",
        slack_fails("fail"),
    ),
    Case(
        "a destination has failed for six minutes of an hour",
        (worlds.slack_fails(6), worlds.delivery_is_rare),
        "healthy",
        slack_fails("warning"),
    ),
    Case(
        "a destination is off",
        (worlds.webhook_is_off,),
        "healthy",
        changed("alerting", destinations=[SLACK, SLACK_IS_OFF | {"name": "webhook"}]),
    ),
    Case(
        "no destination is on",
        (worlds.slack_is_off, worlds.message("refused")),
        "healthy",
        changed(
            "alerting",
            destinations=[SLACK_IS_OFF],
            reason="no destination is on: alerts show on the dashboard only",
        ),
    ),
    Case(
        "messages wait",
        (
            worlds.message("waiting"),
            worlds.message("waiting", "5 minutes", destination="email"),
            worlds.message("waiting", "-1 hours"),
        ),
        "healthy",
        changed("alerting", waitingCount=2),
    ),
]
