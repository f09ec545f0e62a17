"""Whatever an answer holds, it is judged, and what the gate lets pass the warehouse takes."""

from datetime import date

from databases import Warehouse
from factories import add_client, answered
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.answers.results import Row
from orchestration.answers.window import Window
from orchestration.collection.settling.keeping import keep
from orchestration.quality.answer import Account, Answer
from orchestration.quality.gate import judge
from orchestration.warehouse.intake.batches import open_batch
from orchestration.warehouse.intake.landing import Cost

DAY, NEXT = date(2026, 11, 11), date(2026, 11, 12)
WINDOW = Window("a", DAY, NEXT)
TEXTS = ["", "0", "1", "11", "-1", "0.5", "1e3", "NaN", "Infinity", "9" * 18, "9" * 19, "a\0b"]
TEXTS += ["2026-11-11", "2026-02-30", "\ud7ff\U0001f3bf", "\\u0000", "\t\n\\N", "null", "٣", "EUR"]
VALUES = st.one_of(
    st.sampled_from(TEXTS), st.none(), st.booleans(), st.integers(-5, 5), st.just(1e30),
    st.sampled_from([0.1, -1e300, [], {}, ["1"], {"value": "1"}]),
)  # fmt: skip
ENTRIES = st.one_of(
    st.fixed_dictionaries(
        {"action_type": st.sampled_from(["lead", "omni_purchase", "a\0b"]), "value": VALUES},
        optional={"7d_click": VALUES, "inline": VALUES},
    ),
    VALUES,
)
ARRAYS = st.one_of(VALUES, st.lists(ENTRIES, max_size=3))
FIELDS: tuple[str, ...] = (
    "date_start",
    "date_stop",
    "account_id",
    "account_currency",
    "spend",
    "impressions",
)
FIELDS += ("reach", "clicks", "inline_link_clicks", "campaign_id", "campaign_name", "adset_id")
CHANGES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=2)
LEVELS = ("account", "campaign", "adset")


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Mostly plain rows, some of whose fields are anything, or missing."""
    made = []
    for day in draw(st.lists(st.sampled_from(WINDOW.days), max_size=3)):
        row = answered(day, campaign_id="11", adset_id="21")
        row |= draw(CHANGES)
        row |= draw(
            st.fixed_dictionaries({}, optional={"actions": ARRAYS, "action_values": ARRAYS})
        )
        for name in draw(st.sets(st.sampled_from(FIELDS), max_size=1)):
            row.pop(name, None)
        made.append(row)
    return made


ANSWERS = st.lists(st.fixed_dictionaries(dict.fromkeys(LEVELS, rows())), min_size=6, max_size=6)


@settings(
    max_examples=8,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers=ANSWERS, running=st.booleans())
def test_any_garbage_is_refused_or_kept_but_never_stops_a_collection(
    warehouse: Warehouse, answers: list[dict[str, list[Row]]], running: bool
) -> None:
    account = Account(
        account_id="1", currency="EUR", finished_until=DAY if running else NEXT, due_day=NEXT
    )
    if not warehouse.rows("select client_id from ops.clients"):
        add_client(warehouse, "a", ad_account_id="act_1")
    with warehouse.connect() as connection:
        about = {"run_id": "r", "api_version": "v26.0"}
        batches = [open_batch(connection, "a", WINDOW.days, LEVELS, about) for _ in answers]
        judged = [
            Answer.of(WINDOW, account, batch, some)
            for batch, some in zip(batches, answers, strict=True)
        ]
        for answer, verdict in zip(judged, judge(judged), strict=True):
            promotion = keep(connection, answer, verdict, Cost())
            assert promotion.kept + promotion.refused == len(WINDOW.days)
