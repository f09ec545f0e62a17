"""A window on its way through a collection, and its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestration.answers.window import Window
from orchestration.collection.doubts.questions import Question
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.answer import Answer
from orchestration.quality.verdict import Verdict
from orchestration.warehouse.intake.promotion import Promotion


@dataclass(kw_only=True)
class WindowTask:
    """A window that is being collected, and what it has cost so far.

    Attributes:
        window: the days that are asked for.
        batch_id: the batch of the ledger that the answer belongs to.
        calls: attempts made.
        duplicates: rows that came on two pages.
        is_reread: the window is asked for a second time, because its levels did not agree.
        question: what to ask a deeper level instead of the whole window.
        was_lost: a process ended while it settled an answer of this window.
    """

    window: Window
    batch_id: int
    calls: int = 0
    duplicates: int = 0
    is_reread: bool = False
    question: Question | None = None
    was_lost: bool = False


@dataclass(kw_only=True)
class Outcome:
    """How one window ended: with a promotion and its verdict, or with an error."""

    window: Window
    batch_id: int
    rows: int = 0
    calls: int = 0
    promotion: Promotion | None = None
    verdict: Verdict | None = None
    error: MetaApiError | None = None


Received = tuple[WindowTask, Answer]
"""A task, and the answer that came for it."""
Result = Outcome | WindowTask | MetaApiError
"""What a task leads to: an outcome, another task for the same window, or an error."""


@dataclass
class Settlement:
    """The result of settling several answers.

    `outcomes` are final, `ask_again` is to be asked for again, `failed` could not be kept. Of
    `lost` nothing is known: the process that settled them is gone. `untouched` were not begun.
    `error` ended the work and concerns no single answer.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    ask_again: list[WindowTask] = field(default_factory=list)
    failed: list[tuple[WindowTask, MetaApiError]] = field(default_factory=list)
    lost: list[WindowTask] = field(default_factory=list)
    untouched: list[Received] = field(default_factory=list)
    error: Exception | None = None

    def add(self, task: WindowTask, result: Result) -> None:
        """Note what a task led to."""
        match result:
            case Outcome():
                self.outcomes.append(result)
            case WindowTask():
                self.ask_again.append(result)
            case error:
                self.failed.append((task, error))


class CountsDays:
    """Counts the client-days of its outcomes."""

    outcomes: Sequence[Outcome]

    @property
    def days_kept(self) -> int:
        """Client-days that passed the gate."""
        return sum(o.promotion.kept for o in self.outcomes if o.promotion)

    @property
    def days_changed(self) -> int:
        """Client-days whose contents are new or differ from before."""
        return sum(o.promotion.changed for o in self.outcomes if o.promotion)

    @property
    def days_refused(self) -> int:
        """Client-days that the gate refused."""
        return sum(o.promotion.refused for o in self.outcomes if o.promotion)
