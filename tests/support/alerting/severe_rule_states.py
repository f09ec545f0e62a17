"""The severe rules with what makes their alerts, what the messages say, and what ends them."""

from dataclasses import dataclass

import states
import worlds
from states import Make


@dataclass(frozen=True, kw_only=True)
class State:
    """What makes an alert of a rule and what mends it; what the messages about it say.

    `opened` and `resolved` are titles, `item` is the text of the first item. `resolved` is empty
    where `mend` does not end the alert.
    """

    rule: str
    severity: str
    client_id: str | None
    make: Make
    mend: Make
    opened: str
    item: str
    resolved: str


ACME = "Acme (acme): "
SEVERE = (
    State(
        rule="daily_collection",
        severity="critical",
        client_id="acme",
        make=states.day_lost,
        mend=states.day_came,
        opened=f"{ACME}The daily collection is late",
        item="2026-11-14: never asked",
        resolved=f"{ACME}The daily collection is complete",
    ),
    State(
        rule="token_dead",
        severity="critical",
        client_id=None,
        make=states.failing(
            "TokenDeadError", "acme", "borealis", reason="code 190: the token has expired"
        ),
        mend=states.answered("acme"),
        opened="Meta refuses an access token (META_ACCESS_TOKEN, 2 clients)",
        item="code 190: the token has expired",
        resolved="",
    ),
    State(
        rule="api_version_retired",
        severity="critical",
        client_id=None,
        make=states.failing("VersionRetiredError", "acme", "borealis"),
        mend=states.answered("acme", "borealis"),
        opened="Meta no longer serves the API version that is set (2 clients)",
        item="Meta answers with an error",
        resolved="Meta serves the API version that is set (2 clients)",
    ),
    State(
        rule="publication_failing",
        severity="critical",
        client_id=None,
        make=worlds.build_failed,
        mend=states.published_again,
        opened="New data are no longer published",
        item="the latest build failed",
        resolved="New data are published again",
    ),
    State(
        rule="access_denied",
        severity="high",
        client_id="acme",
        make=states.failing("PermissionDeniedError", "acme", reason="code 200: no permission"),
        mend=states.answered("acme"),
        opened=f"{ACME}Meta refuses access to the ad account",
        item="code 200: no permission",
        resolved=f"{ACME}Meta gives access to the ad account again",
    ),
    State(
        rule="access_denied",
        severity="high",
        client_id="acme",
        make=states.failing(
            "AccountRefusedError", "acme", reason="only act_acme is refused, code 190"
        ),
        mend=states.answered("acme"),
        opened=f"{ACME}Meta refuses access to the ad account",
        item="only act_acme is refused, code 190",
        resolved=f"{ACME}Meta gives access to the ad account again",
    ),
    State(
        rule="account_changed",
        severity="high",
        client_id="acme",
        make=states.account_named("act_2"),
        mend=states.account_named(None),
        opened=f"{ACME}The ad account is not the one that the stored days came from",
        item="the clients file names act_2",
        resolved=f"{ACME}The ad account matches the stored days again",
    ),
    State(
        rule="account_changed",
        severity="high",
        client_id="acme",
        make=states.failing(
            "AccountChangedError", "acme", reason="Meta calls act_acme an account in USD"
        ),
        mend=states.answered("acme"),
        opened=f"{ACME}The ad account is not the one that the stored days came from",
        item="Meta calls act_acme an account in USD",
        resolved=f"{ACME}The ad account matches the stored days again",
    ),
    State(
        rule="split_data",
        severity="high",
        client_id="acme",
        make=states.refused("not_split"),
        mend=states.reread_well,
        opened=f"{ACME}Campaigns came without their conversions",
        item="2026-11-12: The account's own total has conversions, or conversion value, that its "
        "campaigns lack; 1 attempt failed; "
        "the next one is at 2026-11-15 08:15 UTC",
        resolved=f"{ACME}Campaigns and conversions are complete again",
    ),
    State(
        rule="split_month",
        severity="high",
        client_id="acme",
        make=worlds.split_month_is_published,
        mend=states.findings_gone,
        opened=f"{ACME}A month was published without conversions that it should have",
        item="2026-11: The month has no conversion of a family that it should have",
        resolved=f"{ACME}The published month has its conversions",
    ),
    State(
        rule="control_totals_disagree",
        severity="high",
        client_id="acme",
        make=states.refused("control_totals_agree"),
        mend=states.reread_well,
        opened=f"{ACME}Campaigns do not add up to the account's own total",
        item="2026-11-12: The campaigns add up to less than the account's own total; 1 attempt "
        "failed; "
        "the next one is at 2026-11-15 08:15 UTC",
        resolved=f"{ACME}Campaigns add up to the account's own total again",
    ),
    State(
        rule="data_vanished",
        severity="high",
        client_id="acme",
        make=states.refused("standing_data_vanished"),
        mend=states.reread_well,
        opened=f"{ACME}Meta now reports less than it did before",
        item="2026-11-12: Less came than stands for the day, and the loss is more than Meta's "
        "corrections explain; 1 attempt failed; "
        "the next one is at 2026-11-15 08:15 UTC",
        resolved=f"{ACME}The stored days agree with Meta's latest answer",
    ),
    State(
        rule="no_conversions_yet",
        severity="high",
        client_id="acme",
        make=worlds.no_conversions_yet,
        mend=states.converted,
        opened=f"{ACME}Many clicks, but no conversion was ever counted",
        item="2026-11-08 to 2026-11-14: clicks, and not one counted conversion",
        resolved=f"{ACME}Conversions are counted, or none are expected",
    ),
    State(
        rule="no_delivery_yet",
        severity="high",
        client_id="acme",
        make=worlds.no_delivery_yet,
        mend=states.delivered,
        opened=f"{ACME}Meta has never reported a single row",
        item="2026-11-08 to 2026-11-14: nothing came",
        resolved=f"{ACME}Rows have come, or none are expected",
    ),
    State(
        rule="client_month_left_out",
        severity="high",
        client_id="acme",
        make=worlds.month_is_left_out,
        mend=states.published_again,
        opened=f"{ACME}A month was left out of the publication",
        item="2026-11: The stored account total has conversions, or conversion value, that its "
        "campaigns lack",
        resolved=f"{ACME}The month is published",
    ),
    State(
        rule="final_month_changed",
        severity="high",
        client_id="acme",
        make=states.final_month_changed,
        mend=lambda warehouse: None,
        opened=f"{ACME}A month that was final has changed",
        item="2026-10, with publication 1",
        resolved="",
    ),
    State(
        rule="run_failed",
        severity="high",
        client_id=None,
        make=states.run_failed,
        mend=states.run_succeeded,
        opened="A run failed (daily_refresh)",
        item="MemoryError: out of memory (run 0a1b2c3d)",
        resolved="A later run succeeded (daily_refresh)",
    ),
)
"""The rules of severity critical and high."""
