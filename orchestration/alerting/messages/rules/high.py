"""Rules of high severity: a client's data are wrong or missing until a person does something."""

from orchestration.alerting.messages.rules.rule import (
    API_CAUSES,
    ASKS_AGAIN,
    CHECKS_DAILY,
    HAS_PUBLISHED,
    OTHERS_GO_ON,
    Rule,
)

HIGH_RULES = (
    Rule(
        name="access_denied",
        severity="high",
        title="Meta refuses access to the ad account",
        resolved_title="Meta gives access to the ad account again",
        system_does=f"{CHECKS_DAILY} {OTHERS_GO_ON}",
        to_do="Check that the system user may still read the ad account, and that ad_account_id "
        "in the clients file is right. Then run: meta-ads recover --client {client}",
    ),
    Rule(
        name="account_changed",
        severity="high",
        title="The ad account is not the one that the stored days came from",
        resolved_title="The ad account matches the stored days again",
        system_does=f"It stores nothing from this account; the stored days stay. {OTHERS_GO_ON}",
        to_do="Correct the clients file as the reason above says, then run: "
        "meta-ads recover --client {client}",
    ),
    Rule(
        name="split_data",
        severity="high",
        title="Campaigns came without their conversions",
        resolved_title="Campaigns and conversions are complete again",
        system_does="It keeps the last good rows, where it has any, and does not publish the new "
        f"ones. {ASKS_AGAIN}",
        to_do="If the next answers do not repair it, look at the refused days: "
        "meta-ads quarantine list",
        when_resolved=HAS_PUBLISHED,
    ),
    Rule(
        name="split_month",
        severity="high",
        title="A month was published without conversions that it should have",
        resolved_title="The published month has its conversions",
        system_does="It has published the month as it is, because each of its days passed the "
        "gate or was released.",
        to_do="Ask the people who run the pixel. If the client has no conversions any more, set "
        "expects_conversions: false in the clients file.",
        explained_by=("split_data",),
    ),
    Rule(
        name="control_totals_disagree",
        severity="high",
        title="Campaigns do not add up to the account's own total",
        resolved_title="Campaigns add up to the account's own total again",
        system_does="It keeps the last good rows, where it has any, and does not publish the new "
        f"ones. {ASKS_AGAIN}",
        to_do="If the next answers do not repair it, look at the refused days: "
        "meta-ads quarantine list",
        when_resolved=HAS_PUBLISHED,
    ),
    Rule(
        name="data_vanished",
        severity="high",
        title="Meta now reports less than it did before",
        resolved_title="The stored days agree with Meta's latest answer",
        system_does="It keeps the earlier rows, and keeps them published. It has asked for ad sets "
        f"and ads, too. It accepts the lower figures once three answers over 24 hours "
        f"say the same. {ASKS_AGAIN}",
        to_do="Compare with Ads Manager. Both figures: meta-ads quarantine show {client} {since}",
        when_resolved=HAS_PUBLISHED,
    ),
    Rule(
        name="no_conversions_yet",
        severity="high",
        title="Many clicks, but no conversion was ever counted",
        resolved_title="Conversions are counted, or none are expected",
        system_does="It stores and publishes the figures as they are.",
        to_do="Ask the people who run the pixel. If the client has no conversions, set "
        "expects_conversions: false in the clients file. If it counts other actions as "
        "conversions, set conversion_families there.",
        explained_by=API_CAUSES,
    ),
    Rule(
        name="no_delivery_yet",
        severity="high",
        title="Meta has never reported a single row",
        resolved_title="Rows have come, or none are expected",
        system_does="It stores the days as zero and asks Meta for them again.",
        to_do="Check ad_account_id in the clients file. If the account has no ads yet, set "
        "status: paused or a later starts_on.",
        explained_by=API_CAUSES,
    ),
    Rule(
        name="client_month_left_out",
        severity="high",
        title="A month was left out of the publication",
        resolved_title="The month is published",
        system_does="The marts keep the month as it was last published, if it was. The next build "
        "tries again.",
        to_do="See what was found: meta-ads explain {client} {subject}",
        explained_by=("split_data", "control_totals_disagree"),
    ),
    Rule(
        name="final_month_changed",
        severity="high",
        title="A month that was final has changed",
        resolved_title="The change of the final month is settled",
        system_does="It has published and recorded the change.",
        to_do="Compare with what you reported: meta-ads publications list, then meta-ads "
        "publications diff. Then close this alert: meta-ads alerts resolve ID --reason …",
        is_event=True,
    ),
    Rule(
        name="run_failed",
        severity="high",
        title="A run failed",
        resolved_title="A later run succeeded",
        system_does="The next run does what this one left undone.",
        to_do="Read the run's log in Dagster: job {subject}",
        explained_by=("publication_failing",),
    ),
    Rule(
        name="destination_failing",
        severity="high",
        title="Alerts do not reach a destination",
        resolved_title="Alerts reach the destination again",
        system_does="It sends what this destination does not accept to the next one. The dashboard "
        "shows every alert.",
        to_do="Correct the settings of the destination, then run: meta-ads alerts test",
    ),
)
