"""What differences have in common: the same events on other days, or counted in another window."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from orchestration.days import month_end
from orchestration.reconcile.cause import Cause, family_of
from orchestration.reconcile.compare import ZERO, Difference, days_of
from orchestration.reconcile.figures import DELIVERY, Subject
from orchestration.reconcile.months import DEFAULT, conversions_of
from orchestration.reconcile.published import MonthlyConversions, Published

FEWEST_DAYS = 3
SHARE_OF_DAYS = Decimal("0.75")
"""Another time zone moves something on nearly every day."""
SHARE_OF_SIGN = Decimal("0.25")
"""What moves between days is more on some days and less on others."""

ByFigure = Mapping[tuple[Subject, str], Sequence[Difference]]


class Patterns:
    """The causes that show only in several differences, those that nothing surer explains."""

    def __init__(
        self,
        differences: Sequence[Difference],
        published: Published,
        monthly: MonthlyConversions,
        timezone_name: str,
    ) -> None:
        self._published, self._monthly = published, monthly
        self._timezone_name = timezone_name
        grouped = _by_figure(differences)
        delivery = [each for each in differences if each.metric in DELIVERY]
        self._with_other_delivery = {(each.subject, each.since, each.until) for each in delivery}
        self._other_zone = {
            subject for subject, metric in grouped if self._is_cut_elsewhere(subject, grouped)
        }
        self._other_time = _on_other_days(grouped, {each.subject for each in delivery})

    def cause_of(self, difference: Difference) -> Cause | None:
        """The cause that a difference shares with others, if any."""
        return self._zone(difference) or self._time(difference) or self._window(difference)

    def _is_cut_elsewhere(self, subject: Subject, grouped: ByFigure) -> bool:
        """Whether a subject's delivery is cut into days elsewhere.

        Impressions are more on some days and less on others, on nearly all, and what is left over
        all of them is less than a day's; spend or clicks differ with them.
        """
        differences = grouped.get((subject, "impressions"), ())
        if len(differences) < FEWEST_DAYS or not any(
            len(grouped.get((subject, metric), ())) >= FEWEST_DAYS for metric in ("spend", "clicks")
        ):
            return False
        period = min(each.since for each in differences), max(each.until for each in differences)
        days = {row.date_day for row in self._published.rows_of(subject, days_of(period))}
        amount = self._published.amount(subject, days, "impressions") or ZERO
        return (
            len(differences) >= len(days) * SHARE_OF_DAYS
            and _goes_both_ways(differences)
            and abs(_sum(differences)) * len(days) <= amount
        )

    def _zone(self, difference: Difference) -> Cause | None:
        if difference.subject not in self._other_zone:
            return None
        return Cause(
            "time_zone",
            "another time zone: the same delivery on neighbouring days; the marts' days are of "
            f"{self._timezone_name}",
        )

    def _time(self, difference: Difference) -> Cause | None:
        if (difference.subject, difference.metric) not in self._other_time:
            return None
        return Cause(
            "reporting_time",
            "another reporting time: the same total on other days; the marts count on the day of "
            "the impression, Ads Manager can count on that of the conversion",
        )

    def _window(self, difference: Difference) -> Cause | None:
        if difference.metric in DELIVERY:
            return None
        if window := self._equal_window(difference):
            return Cause(
                "attribution_window",
                f"another attribution window: it is the marts' figure for {window}",
                True,
            )
        about = (difference.subject, difference.since, difference.until)
        has_rows = self._published.rows_of(difference.subject, difference.days)
        if about in self._with_other_delivery or not has_rows:
            return None
        return Cause(
            "attribution_window",
            "probably another attribution window or reporting time: the delivery is the same",
        )

    def _equal_window(self, difference: Difference) -> str | None:
        """The window whose conversions of the whole month are those of the export."""
        month = difference.since
        if month.day != 1 or difference.until != month_end(month):
            return None
        family = family_of(difference.metric)
        for window in sorted({window for *_, window in self._monthly} - {DEFAULT}):
            counted, value = conversions_of(
                self._monthly, difference.subject, month, family, window
            )
            amount = value if difference.metric == "purchase_value" else counted
            if amount and amount == difference.exported:
                return window
        return None


def _by_figure(differences: Sequence[Difference]) -> ByFigure:
    """The differences of single days by subject and metric."""
    grouped: dict[tuple[Subject, str], list[Difference]] = {}
    for each in differences:
        if each.since == each.until:
            grouped.setdefault((each.subject, each.metric), []).append(each)
    return grouped


def _on_other_days(grouped: ByFigure, other_delivery: set[Subject]) -> set[tuple[Subject, str]]:
    """The conversions that are counted on other days: the same total, with the same delivery."""
    return {
        (subject, metric)
        for (subject, metric), differences in grouped.items()
        if metric not in DELIVERY
        and subject not in other_delivery
        and len(differences) > 1
        and _sum(differences) == 0
    }


def _goes_both_ways(differences: Sequence[Difference]) -> bool:
    more = sum(each.delta > 0 for each in differences)
    return min(more, len(differences) - more) >= len(differences) * SHARE_OF_SIGN


def _sum(differences: Sequence[Difference]) -> Decimal:
    return sum((each.delta for each in differences), ZERO)
