"""Each rule: what opens its alert, what the message to each destination says, what resolves it."""

import pytest
import states
import worlds
from alert_receivers import Receivers
from databases import Warehouse
from factories import LATEST_DUE_DAY
from rule_states import LOW, STATES, State
from states import Make

from orchestration.alerting import operators
from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect
from orchestration.web.dashboard.runbook import runbook


def evaluated(settings: Settings) -> None:
    """Evaluate and deliver, as the sensors do."""
    evaluate(settings)
    done = deliver(settings)
    assert (done.delayed, done.failed, done.unreachable) == (0, 0, "")


def test_every_rule_has_a_section_in_the_runbook_and_is_tested() -> None:
    found = runbook()
    assert found is not None
    missing = set(ALERT_RULES) - found.anchors
    assert not missing, f"docs/runbook.md has no section of these names: {missing}"
    tested = {state.rule for state in STATES} | {rule for rule, *_ in LOW}
    # Each of these has a test of its own.
    untested = set(ALERT_RULES) - tested - {"warehouse_unreachable", "destination_failing"}
    assert not untested, f"rule_states.py has no entry in STATES or LOW for {untested}"


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.rule)
def test_an_alert_opens_is_sent_once_and_is_resolved_once_its_cause_is_gone(
    world: Warehouse, receivers: Receivers, state: State
) -> None:
    states.healthy(world)
    settings = receivers.settings(world)
    evaluated(settings)
    assert receivers.counts() == (0, 0, 0)
    assert world.value("select count(*) from ops.alerts") == 0

    state.make(world)
    evaluated(settings)
    alerts = "select rule, severity, client_id, state, times_seen from ops.alerts"
    assert world.rows(alerts) == [(state.rule, state.severity, state.client_id, "open", 1)]
    assert receivers.counts() == (1, 1, 1)
    assert receivers.titles() == [state.opened]
    assert receivers.subjects() == [f"[{state.severity.upper()}] {state.opened}"]
    document = receivers.webhook.requests[0].document
    assert document["type"] == "alert.opened"
    content = document["data"]
    assert (content["rule"], content["severity"]) == (state.rule, state.severity)
    assert content["items"][0]["text"] == state.item
    assert content["does"]
    assert content["do"]
    assert content["since"]
    assert f"/admin/runbook#{state.rule}" in str(content["links"])
    everything = receivers.mail.mails[0].part("plain") + receivers.slack.requests[0].body.decode()
    # Amounts stay out: neither what the gate nor what a publication says of them.
    assert "told so" not in everything
    assert "1,234.56" not in everything
    assert "a-secret-of" not in everything

    # Repetitions are counted, not sent.
    evaluated(settings)
    assert receivers.counts() == (1, 1, 1)
    assert world.value("select times_seen from ops.alerts") == 2

    state.mend(world)
    evaluated(settings)
    if not state.resolved:
        assert receivers.counts() == (1, 1, 1)
        return
    assert receivers.counts() == (2, 2, 2)
    assert receivers.titles()[1] == state.resolved
    assert receivers.webhook.requests[1].document["type"] == "alert.resolved"
    assert receivers.subjects()[1] == f"[{state.severity.upper()} resolved] {state.resolved}"
    assert world.rows("select state, resolved_by from ops.alerts") == [("resolved", None)]
    evaluated(settings)
    assert receivers.counts() == (2, 2, 2)


@pytest.mark.parametrize(
    ("rules", "alert"),
    [
        (("standing_data_vanished",), "data_vanished"),
        (("witness_disagrees", "formats"), "data_vanished"),
        (("standing_data_vanished", "control_totals_agree"), "control_totals_disagree"),
        (("standing_data_vanished", "not_split"), "split_data"),
    ],
)
def test_a_refused_day_is_one_alert_until_it_is_kept(
    world: Warehouse, receivers: Receivers, rules: tuple[str, ...], alert: str
) -> None:
    states.healthy(world)
    settings = receivers.settings(world)
    for rule in rules:
        worlds.refused(world, "acme", LATEST_DUE_DAY, rule)
    world.execute(
        "update ops.slice_state set state = 'none' where client_id = 'acme' and date_day = %s",
        [LATEST_DUE_DAY],
    )
    evaluated(settings)
    open_ones = "select rule, facts -> 'days' from ops.alerts where state = 'open'"
    assert world.rows(open_ones) == [(alert, [str(LATEST_DUE_DAY)])]
    # The next attempt got no answer: that resolves nothing.
    world.execute(
        "update ops.slice_state set last_attempt = 'failed' where last_attempt = 'refused'"
    )
    evaluated(settings)
    assert world.rows(open_ones) == [(alert, [str(LATEST_DUE_DAY)])]
    states.day_came(world)
    states.reread_well(world)
    evaluated(settings)
    assert world.rows("select rule, state from ops.alerts") == [(alert, "resolved")]


def test_one_answer_for_a_token_does_not_resolve_what_the_other_client_still_meets(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    settings = receivers.settings(world)
    states.failing("TokenDeadError", "acme", "borealis")(world)
    evaluated(settings)
    states.answered("acme")(world)
    evaluated(settings)
    assert world.rows("select state, facts -> 'clients' from ops.alerts") == [
        ("open", ["borealis"])
    ]
    states.answered("borealis")(world)
    evaluated(settings)
    assert (
        receivers.titles()[1]
        == "The access token is no longer refused (META_ACCESS_TOKEN, 1 client)"
    )


def test_a_change_of_a_final_month_is_closed_by_a_person_and_stays_so(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    settings = receivers.settings(world)
    states.final_month_changed(world)
    evaluated(settings)
    alert_id = world.value("select alert_id from ops.alerts")
    with connect(settings) as connection:
        assert operators.resolve(connection, settings, alert_id, "anna", "the client was told")
    evaluated(settings)
    assert receivers.titles()[1:] == ["Closed by anna: A month that was final has changed"]
    assert receivers.webhook.requests[1].document["data"]["note"] == "the client was told"
    evaluated(settings)
    assert world.rows("select state, resolved_by, resolved_reason from ops.alerts") == [
        ("resolved", "anna", "the client was told")
    ]
    # The next change of the same month is another matter.
    world.execute("truncate ops.reopenings")
    states.final_month_changed(world)
    evaluated(settings)
    assert world.value("select count(*) from ops.alerts where state = 'open'") == 1


@pytest.mark.parametrize(("rule", "make", "mend", "text"), LOW, ids=lambda one: str(one)[:20])
def test_low_alerts_wait_for_the_digest_which_comes_once(
    world: Warehouse, receivers: Receivers, rule: str, make: Make, mend: Make, text: str
) -> None:
    states.healthy(world)
    # The digest of the day was there before anything happened.
    settings = receivers.settings(world, alert_digest_hour=0)
    world.execute(
        "insert into ops.alert_messages (destination, kind, content, state) "
        "values ('slack', 'digest', '{}', 'sent')"
    )
    make(world)
    evaluated(settings)
    assert receivers.counts() == (0, 0, 0)
    assert world.rows("select rule, severity, detail from ops.alerts") == [(rule, "low", text)]

    world.execute("update ops.alert_messages set created_at = created_at - interval '1 day'")
    evaluated(settings)
    evaluated(settings)
    assert receivers.counts() == (1, 1, 1)
    assert receivers.titles() == ["Digest: 1 alert of low severity"]
    assert receivers.webhook.requests[0].document["data"]["items"][0]["text"] == text
    # The next day it is known, and no reason for another digest.
    world.execute("update ops.alert_messages set created_at = created_at - interval '1 day'")
    evaluated(settings)
    mend(world)
    evaluated(settings)
    assert receivers.counts() == (1, 1, 1)
    assert world.value("select state from ops.alerts") == "resolved"
