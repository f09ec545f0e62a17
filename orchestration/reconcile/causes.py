"""The likely cause of each difference, the surest first."""

from collections.abc import Callable, Iterable, Sequence

from orchestration.days import days_in_words
from orchestration.expectations.catalogue.reasons import cause_in_words, left_out_in_words
from orchestration.reconcile.cause import Cause, family_of
from orchestration.reconcile.compare import ZERO, Difference
from orchestration.reconcile.evidence import DayFacts, Evidence, Restated
from orchestration.reconcile.figures import DAILY
from orchestration.reconcile.patterns import Patterns
from orchestration.reconcile.published import MonthlyConversions, Published
from orchestration.text import instant

HIDDEN = ("DELETED", "ARCHIVED")
"""States of campaigns that Ads Manager shows, and exports, only if it is asked to."""


UNKNOWN = Cause("unknown", "nothing in the warehouse explains it")


class Causes:
    """Finds the cause of each difference, from the evidence and from what they have in common."""

    def __init__(
        self, evidence: Evidence, published: Published, monthly: MonthlyConversions
    ) -> None:
        self._evidence, self._published, self._monthly = evidence, published, monthly

    def explain(self, differences: Sequence[Difference]) -> list[tuple[Difference, Cause]]:
        """Each difference with its cause."""
        sure = (self._unknown, self._not_received, self._absent, self._earlier, self._pending)
        first = [(each, self._by_rules(each, sure)) for each in differences]
        patterns = Patterns(
            [each for each, cause in first if cause is None],
            self._published,
            self._monthly,
            self._evidence.timezone_name,
        )
        likely = (
            self._answered_without,
            patterns.cause_of,
            self._later_refused,
            self._no_campaign,
            self._imported,
            self._restated,
            self._not_final,
        )
        return [(each, cause or self._by_rules(each, likely) or UNKNOWN) for each, cause in first]

    @staticmethod
    def _by_rules(
        difference: Difference, rules: Iterable[Callable[[Difference], Cause | None]]
    ) -> Cause | None:
        return next((cause for rule in rules if (cause := rule(difference))), None)

    def _unknown(self, difference: Difference) -> Cause | None:
        if difference.published is not None or difference.exported is None:
            return None
        why = difference.null_reason or "no receipt"
        return Cause("unknown_in_marts", f"the marts do not know it: {why}", True)

    def _not_received(self, difference: Difference) -> Cause | None:
        """Days that the marts lack, where the export has more."""
        lacking = [each for each in self._of(difference) if each.stands == "none"]
        if difference.delta <= 0 or not lacking:
            return None
        days = days_in_words(each.date_day for each in lacking)
        if not any(each.is_owed for each in lacking):
            return Cause(
                "not_collected",
                f"{days}: not owed: outside starts_on and ends_on, in a pause, or not over",
                True,
            )
        refused = [each for each in lacking if each.last_attempt == "refused"]
        if refused:
            return Cause(
                "refused_day", f"{days}: refused, in quarantine{_reason(refused[0])}", True
            )
        return Cause("gap", f"{days}: owed and not received{_reason(lacking[0])}", True)

    def _absent(self, difference: Difference) -> Cause | None:
        if difference.line is not None:
            return None
        statuses = {self._evidence.statuses.get(each) for each in difference.subject.ids}
        if hidden := sorted(status for status in statuses if status in HIDDEN):
            return Cause(
                "deleted_campaign",
                f"the campaign is {', '.join(hidden).lower()}, which Ads Manager leaves out",
            )
        return Cause(
            "not_in_export", "the export has no row of it: a filter in Ads Manager, or cut off"
        )

    def _earlier(self, difference: Difference) -> Cause | None:
        """An earlier publication showed what the export says."""
        if difference.exported is None or difference.metric not in DAILY:
            return None
        earlier = self._published.earlier(difference.subject, {*difference.days}, difference.metric)
        for before, after, amount in earlier:
            if amount == difference.exported:
                at = self._evidence.published_at
                return Cause(
                    "restated",
                    f"restated since: publication {before} of {instant(at[before])} showed the "
                    f"export's figure, publication {after} of {instant(at[after])} changed it",
                    True,
                )
        return None

    def _pending(self, difference: Difference) -> Cause | None:
        waiting = [each for each in self._of(difference) if each.is_pending]
        if not waiting:
            return None
        why = waiting[0].left_out
        reason = f", left out by the latest build ({left_out_in_words(why)})" if why else ""
        return Cause("not_published", f"its month was read again and is not published yet{reason}")

    def _answered_without(self, difference: Difference) -> Cause | None:
        for state, words in (("empty", "Meta answered with no row"), ("waived", "waived")):
            those = [each.date_day for each in self._of(difference) if each.stands == state]
            if difference.delta > 0 and those:
                return Cause(f"{state}_day", f"{days_in_words(those)}: {words}")
        return None

    def _later_refused(self, difference: Difference) -> Cause | None:
        refused = [
            each
            for each in self._of(difference)
            if each.last_attempt == "refused" and each.stands != "none"
        ]
        if not refused:
            return None
        days = days_in_words(each.date_day for each in refused)
        return Cause(
            "refused_day",
            f"{days}: the latest reading was refused, the marts keep an earlier one"
            f"{_reason(refused[0])}",
        )

    def _no_campaign(self, difference: Difference) -> Cause | None:
        if self._published.rows_of(difference.subject, difference.days):
            return None
        return Cause("not_in_marts", "Meta's API gave no row of it: a deleted campaign, or moved")

    def _imported(self, difference: Difference) -> Cause | None:
        files = {each.imported_from for each in self._of(difference) if each.imported_from}
        if not files:
            return None
        return Cause("imported_day", f"the marts' rows come from the export {', '.join(files)}")

    def _restated(self, difference: Difference) -> Cause | None:
        """The client's day changed after it was first read, though not in what was published."""
        for each in reversed(self._evidence.restated):
            if difference.since <= each.date_day <= difference.until and _is_of(difference, each):
                return Cause(
                    "restated",
                    f"restated: {each.date_day} changed on {instant(each.noted_at)}, at "
                    f"{each.age_days} days of age ({each.metric} {each.before:f} to "
                    f"{each.after or ZERO:f}, all campaigns)",
                )
        return None

    def _not_final(self, difference: Difference) -> Cause | None:
        days = [
            each for each in self._of(difference) if each.month_state in ("open", "provisional")
        ]
        read = [each.received_at for each in days if each.received_at]
        if not read:
            return None
        return Cause(
            "still_changes",
            f"Meta still changes days of this age, and they were read on {instant(max(read))}",
        )

    def _of(self, difference: Difference) -> list[DayFacts]:
        return self._evidence.of(difference.days)


def _is_of(difference: Difference, restated: Restated) -> bool:
    kind = "value" if difference.metric == "purchase_value" else "conversions"
    return restated.metric in (difference.metric, f"{kind}:{family_of(difference.metric)}")


def _reason(facts: DayFacts) -> str:
    if facts.last_reason:
        return f" ({cause_in_words(facts.last_reason)})"
    return "" if facts.last_attempt else " (never asked)"
