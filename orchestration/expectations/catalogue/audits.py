"""What each audit of a build says, as a sentence; `audit.audit_findings` has the figures."""

from collections.abc import Mapping

AUDITS: Mapping[str, str] = {
    "split": "The stored account total has conversions, or conversion value, that its campaigns "
    "lack.",
    "split_month": "The month has no conversion of a family that it should have.",
    "control_totals": "The month's campaigns add up to less than the account.",
    "grain": "An object has more than one row for a day.",
    "currency": "The month has amounts in two currencies.",
    "currency_change": "The month has another currency than an earlier month.",
    "monthly_sums": "The month is not the sum of its days.",
    "levels": "The ad sets or ads do not add up to their campaigns.",
    "gap": "A due day has no good answer.",
    "suspected_gap": "Meta answered without rows between days with delivery.",
    "mixed_action_types": "A family is counted under different names on different days.",
    "idle_conversions": "Campaigns without delivery have conversions.",
    "restatement": "Days that are a week old or older changed much.",
    "final_month_changed": "The month changed after it was final.",
}
