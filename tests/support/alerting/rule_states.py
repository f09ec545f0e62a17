"""The rules with what makes their alerts, what the messages say, and what ends them."""

import states
import worlds
from severe_rule_states import ACME, SEVERE, State

__all__ = ["LOW", "STATES", "State"]

STATES = (
    *SEVERE,
    State(
        rule="gap_older_than_a_day",
        severity="medium",
        client_id="acme",
        make=worlds.gap_is_old,
        mend=states.days_came,
        opened=f"{ACME}Days are missing",
        item="2026-11-10 to 2026-11-11: never asked",
        resolved=f"{ACME}The missing days have come",
    ),
    State(
        rule="quarantine_waiting",
        severity="medium",
        client_id="acme",
        make=worlds.quarantine_waits,
        mend=states.reread_well,
        opened=f"{ACME}The gate refused answers from Meta",
        item="2026-11-12: A value is not an id, a number or a date in Meta's form (earlier rows "
        "are kept); 1 attempt failed; "
        "the next one is at 2026-11-15 08:15 UTC",
        resolved=f"{ACME}No refused answers are left",
    ),
    State(
        rule="failed_collections",
        severity="medium",
        client_id="acme",
        make=states.collection_failed,
        mend=states.answered("acme"),
        opened=f"{ACME}Collections failed",
        item="2026-11-13 to 2026-11-14: Meta answers with an error",
        resolved=f"{ACME}The failed collections have succeeded",
    ),
    State(
        rule="api_unreachable",
        severity="medium",
        client_id=None,
        make=states.failing("TransientError", "acme", "borealis", reason="HTTP 503"),
        mend=states.answered("acme", "borealis"),
        opened="The Insights API does not answer (2 clients)",
        item="HTTP 503",
        resolved="The Insights API answers again (2 clients)",
    ),
    State(
        rule="throttled",
        severity="medium",
        client_id="acme",
        make=states.failing(
            "BudgetExhaustedError", "acme", reason="it would have to wait 3600 s more"
        ),
        mend=states.answered("acme"),
        opened=f"{ACME}Meta throttles calls for longer than a run may wait",
        item="it would have to wait 3600 s more",
        resolved=f"{ACME}Calls are no longer throttled",
    ),
    State(
        rule="cache_stale",
        severity="medium",
        client_id="acme",
        make=worlds.cache_is(7),
        mend=states.refreshed,
        opened=f"{ACME}The figures of the current month are old",
        item="Meta does not answer",
        resolved=f"{ACME}The figures of the current month are fresh again",
    ),
)
"""Every rule whose messages are sent at once."""

LOW = (
    (
        "cache_hit_rate",
        worlds.cache_reads(5, 20, 5),
        states.hits,
        "17 % of 30 reads in 24 hours were fresh",
    ),
    ("gate_warnings", states.warned, states.reread_well, "thin_day on 1 day, last 2026-11-13"),
    ("api_version_ending", states.noticed, states.notice_gone, "v26.0 has been deprecated"),
)
"""The rules of the digest."""
