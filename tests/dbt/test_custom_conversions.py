"""Custom and unknown conversions: visible, counted where the client names their family."""

from datetime import date

from conversions import DAY, MONTHLY, SECOND, put
from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, purchases, put_day

from orchestration.clients.model import Client
from orchestration.warehouse.ledger.clients import sync_clients

LEVELS = ("account", "campaign", "adset", "ad")


def test_custom_and_unknown_types_are_kept_visible_and_never_counted(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(
        warehouse,
        omni_purchase=1,
        **{"offsite_conversion.custom.77": 5, "brand_new_event": 7, "post_reaction": 2},
    )
    assert dbt.build().exit_code == 0
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 1
    assert warehouse.rows(
        "select action_type, conversion_family, is_counted, actions "
        "from marts.monthly_action_metrics order by 1"
    ) == [
        ("brand_new_event", None, False, 7),
        ("offsite_conversion.custom.77", "other", False, 5),
        ("omni_purchase", "purchase", True, 1),
        ("post_reaction", "other", False, 2),
    ]


REASON = (
    "only custom conversions came, which no family names: custom_conversions in the clients file"
)
CUSTOM = "offsite_conversion.custom.77"


def test_a_month_of_nothing_but_custom_conversions_is_unknown_and_not_zero(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    row = campaign("c1", actions={CUSTOM: 5}, values={})
    put_day(warehouse, "acme", DAY, row, campaign("c2"), levels=LEVELS)
    put_day(warehouse, "acme", SECOND, campaign("c1"))
    assert dbt.build().exit_code == 0
    of = "select {}, conversions, purchase_value, conversions_null_reason from marts.{} order by 1"
    assert warehouse.rows(of.format("campaign_id", "monthly_campaign_performance")) == [
        ("c1", None, None, REASON),
        ("c2", 0, 0, None),
    ]
    assert warehouse.rows(of.format("client_id", "monthly_client_summary")) == [
        ("acme", None, None, REASON)
    ]
    for level in ("account", "ad_set", "ad"):
        daily = of.format("date_day", f"daily_{level}_performance")
        rows = warehouse.rows(f"{daily}, conversions nulls first")
        assert rows[0] == (DAY, None, None, REASON)
    campaigns = f"{of.format('date_day', 'daily_campaign_performance')}, campaign_id"
    assert warehouse.rows(campaigns) == [
        (DAY, None, None, REASON),
        (DAY, 0, 0, None),
        (SECOND, 0, 0, None),
    ]
    # The month counts something, so that the custom conversions come on top and zero is zero.
    put_day(warehouse, "acme", SECOND, campaign("c2", **purchases(2)))
    assert dbt.build().exit_code == 0
    assert warehouse.rows(of.format("client_id", "monthly_client_summary")) == [
        ("acme", 2, 20, None)
    ]


def test_a_custom_conversion_counts_once_its_client_names_its_family(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, **{CUSTOM: 5})
    second = {CUSTOM: 4, "lead": 3, "offsite_conversion.custom.8": 9}
    put_day(warehouse, "acme", SECOND, campaign("c1", actions=second, values={}))
    assert dbt.build().exit_code == 0
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 3
    entry = {"client_id": "acme", "name": "Acme", "ad_account_id": "act_1"}
    with warehouse.connect() as connection:
        sync_clients(connection, [Client(**entry, custom_conversions={"77": "lead"})])
    assert dbt.build().exit_code == 0
    # On the second a reviewed name of the event came as well, and that one counts.
    assert warehouse.rows(MONTHLY) == [("lead", f"lead, {CUSTOM}", True, 8)]
    assert warehouse.rows(
        "select action_type, conversion_family, is_counted from marts.monthly_action_metrics "
        "where action_type like 'offsite%' order by 1"
    ) == [(CUSTOM, "lead", True), ("offsite_conversion.custom.8", "other", False)]


def test_a_custom_conversion_that_is_none_by_its_clients_word_leaves_true_zeros(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put(warehouse, **{CUSTOM: 5})
    warehouse.execute('update ops.clients set custom_conversions = \'{"77": "other"}\'')
    assert dbt.build().exit_code == 0
    assert warehouse.value("select conversions from marts.monthly_client_summary") == 0


def test_a_client_may_name_what_counts_for_it_and_all_its_months_follow(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    add_client(warehouse, "borealis")
    for client_id in ("acme", "borealis"):
        row = campaign("c1", actions={"omni_purchase": 3, "omni_add_to_cart": 8}, values={})
        put_day(warehouse, client_id, DAY, row)
    assert dbt.build().exit_code == 0
    entry = {"client_id": "acme", "name": "Acme", "ad_account_id": "act_1"}
    other = {"client_id": "borealis", "name": "Borealis", "ad_account_id": "act_2"}
    clients = [Client(**entry, conversion_families=("add_to_cart",)), Client(**other)]
    with warehouse.connect() as connection:
        sync_clients(connection, clients)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select client_id, conversions, purchases from marts.monthly_client_summary order by 1"
    ) == [("acme", 8, 3), ("borealis", 3, 3)]
    latest = "(select max(build_id) from ops.builds)"
    in_hand = f"select client_id from ops.build_client_months where build_id = {latest}"
    assert warehouse.rows(in_hand) == [("acme",)]
    with warehouse.connect() as connection:
        sync_clients(connection, clients)
    assert dbt.build().exit_code == 0
    assert warehouse.rows(in_hand) == []


def test_a_split_in_a_family_that_the_client_counts_holds_its_month_back(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    account = {"actions": {"omni_add_to_cart": 8}, "values": {}}
    put_day(warehouse, "acme", DAY, campaign("c1"), account=account)
    assert dbt.build().exit_code == 0
    published = "select count(publication_id) from marts.monthly_client_summary"
    assert warehouse.value(published) == 1
    warehouse.execute("update ops.clients set conversion_families = '{add_to_cart}'")
    put_day(warehouse, "acme", date(2026, 10, 1), campaign("c1"), account=account)
    dbt.build()
    assert warehouse.value(published) == 1
    assert (
        warehouse.value("select left_out from ops.build_client_months where month = '2026-10-01'")
        == "split"
    )


def test_conversions_that_an_imported_file_does_not_name_are_unknown_and_not_zero(
    warehouse: Warehouse, dbt: Dbt, client: str
) -> None:
    put_day(warehouse, "acme", DAY, campaign("c1", actions={}, values={}))
    put_day(warehouse, "acme", SECOND, campaign("c2", **purchases(2)))
    warehouse.execute(
        "insert into ops.imports select distinct batch_id, 'old.csv', 'digest', false, 'me' "
        "from ops.slice_state where date_day = %s",
        [DAY],
    )
    assert dbt.build().exit_code == 0
    assert warehouse.rows(
        "select campaign_id, conversions, purchase_value, conversions_null_reason "
        "from marts.monthly_campaign_performance order by 1"
    ) == [
        ("c1", None, None, "1 days of delivery without a receipt of conversions"),
        ("c2", 2, 20, None),
    ]
    assert warehouse.value("select conversions from marts.monthly_client_summary") is None
