"""Two days of a client, landed, judged and promoted to staging."""

from datetime import date
from typing import Any

from databases import Warehouse
from factories import NOW, answered

from orchestration.answers.results import Row
from orchestration.answers.window import Window
from orchestration.collection.settling.keeping import keep
from orchestration.quality.answer import Account, Answer
from orchestration.quality.gate import judge
from orchestration.warehouse.intake.batches import open_batch
from orchestration.warehouse.intake.landing import Cost
from orchestration.warehouse.intake.promotion import Promotion
from orchestration.warehouse.intake.readings import load_history

DAY, NEXT = date(2026, 11, 11), date(2026, 11, 12)
WINDOW = Window("a", DAY, NEXT)
LEAD, PURCHASE = (
    {"action_type": name, "value": "2", "1d_click": "1"} for name in ("lead", "omni_purchase")
)


def row(day: date = DAY, **changes: Any) -> Row:
    return answered(day, actions=[LEAD, PURCHASE]) | changes


def campaigns(*rows: Row) -> dict[str, list[Row]]:
    """Campaigns of which each is the whole account of its day."""
    return {
        "account": [dict(one) for one in rows],
        "campaign": [{"campaign_id": "11", **one} for one in rows],
    }


def collected(warehouse: Warehouse, rows: dict[str, list[Row]], now: str = NOW) -> Promotion:
    with warehouse.connect() as connection:
        connection.execute("select set_config('meta_ads.now', %s, false)", [now])
        about = {"run_id": "r", "api_version": "v26.0"}
        batch = open_batch(connection, "a", WINDOW.days, list(rows), about)
        history = load_history(connection, "a", DAY, NEXT)
        answer = Answer.of(
            WINDOW,
            Account(account_id="1", currency="EUR", finished_until=NEXT, due_day=NEXT),
            batch,
            rows,
            history,
        )
        (verdict,) = judge([answer])
        assert verdict.accepted_days == WINDOW.days, verdict.violations
        return keep(connection, answer, verdict, Cost(2))


def staged(warehouse: Warehouse, columns: str, table: str = "insights") -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = warehouse.rows(
        f"select {columns} from staging.{table} order by 1, 2"
    )
    return found
