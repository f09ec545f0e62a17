"""A warehouse in which every number of every mart is one stamp, so that a torn read shows.

Each client-month has one day, so that days and months carry the same stamp; what is summed over a
client's campaigns carries it once for each of them.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from psycopg import sql

from orchestration.transformation.project import PROJECT_DIR
from orchestration.warehouse.connection import Connection

FIRST_DAY = date(2026, 9, 5)
DELIVERY = ("spend", "impressions", "clicks", "link_clicks")
CONVERSIONS = ("conversions", "conversion_value", "purchases", "purchase_value")
STAMPED = (*DELIVERY, "reach", *CONVERSIONS, "actions", "action_value")
STAMPED_NAMES = {"client_months": "account_id", "entity_names": "entity_name"}
"""Published tables without a number: there a name is the stamp."""
VIEWS = {
    "daily_account_performance": (*DELIVERY, "reach", *CONVERSIONS),
    "daily_campaign_performance": (*DELIVERY, "reach", *CONVERSIONS),
    "daily_ad_set_performance": (*DELIVERY, "reach", *CONVERSIONS),
    "daily_ad_performance": (*DELIVERY, "reach", *CONVERSIONS),
    "monthly_campaign_metrics": DELIVERY,
    "monthly_campaign_performance": (*DELIVERY, *CONVERSIONS),
    "monthly_conversion_metrics": ("conversions", "conversion_value"),
    "monthly_action_metrics": ("actions", "action_value"),
    "monthly_client_summary": (*DELIVERY, *CONVERSIONS),
    "monthly_group_summary": (*DELIVERY, *CONVERSIONS),
    "dim_names": ("entity_name",),
}
"""The marts that are read, with the columns that carry the stamp."""
SUMMED = {"daily_account_performance", "monthly_client_summary", "monthly_group_summary"}
"""What adds up a client's campaigns."""
OWED = {"monthly_client_summary", "monthly_group_summary"}
"""What also has rows of months that are owed and never published: all after the seeded ones."""


@dataclass(frozen=True)
class Size:
    """How much is published."""

    clients: int
    campaigns: int
    months: int

    @property
    def end(self) -> date:
        """The first day after the seeded months."""
        months = FIRST_DAY.month - 1 + self.months
        return date(FIRST_DAY.year + months // 12, months % 12 + 1, 1)


class Shape(NamedTuple):
    """What a read found in one relation: rows, the range of stamps and that of publications."""

    name: str
    rows: int
    least: Decimal | None
    greatest: Decimal | None
    first_publication: int | None = None
    last_publication: int | None = None


def marts_and_nodes() -> tuple[list[str], list[str]]:
    """The marts of a publication, and the nodes that are built for it here."""
    text = (PROJECT_DIR / "models" / "publication" / "publication.sql").read_text(encoding="utf-8")
    (content,) = re.findall(r"set marts = \[(.*?)\]", text, re.DOTALL)
    marts = re.findall(r"'(\w+)'", content)
    return marts, ["audit_findings", *(f"candidate_{name}" for name in marts)]


def seed(connection: Connection, size: Size, stamp: int) -> None:
    """Put the stamp into the ledger and staging, as a new version of every client-month."""
    about = asdict(size) | {"stamp": stamp, "first": FIRST_DAY}
    for statement in (SLICES, DELETIONS, ROWS):
        for part in statement.split(";"):
            connection.execute(part, about)


def whole_mart(schema: str, view: str, size: Size) -> sql.Composed:
    """A query for the `Shape` of one mart, of this schema."""
    divisor = size.campaigns if view in SUMMED else 1
    stamps: list[sql.Composable] = [
        sql.SQL("coalesce({}::numeric, -1) / {}").format(sql.Identifier(name), divisor)
        for name in VIEWS[view]
    ]
    if view == "monthly_client_summary":
        stamps.append(sql.SQL("coalesce(account_id::numeric, -1)"))
    publication = "null::bigint" if view == "dim_names" else "publication_id"
    return sql.SQL(
        "select {name}, count(*), min(least({stamps})), max(greatest({stamps})),"
        " min({publication}), max({publication}) from {view}{condition}"
    ).format(
        name=view,
        stamps=sql.SQL(", ").join(stamps),
        publication=sql.SQL(publication),
        view=sql.Identifier(schema, view),
        condition=sql.SQL(" where month < {}").format(size.end) if view in OWED else sql.SQL(""),
    )


def all_marts(schema: str, size: Size) -> sql.Composed:
    """One statement for the shapes of all marts."""
    return sql.SQL(" union all ").join(whole_mart(schema, view, size) for view in VIEWS)


def joined(size: Size) -> sql.Composed:
    """One statement that joins the marts as an analyst does."""
    return sql.SQL(JOIN).format(campaigns=size.campaigns)


def dumped(lines: Iterable[str], size: Size) -> list[Shape]:
    """The shapes of the published tables in what pg_dump wrote."""
    shapes = []
    table: tuple[str, list[str]] | None = None
    rows: list[list[str]] = []
    for line in lines:
        start = re.match(r"COPY published\.(\w+) \((.*)\) FROM stdin;", line)
        if start:
            table, rows = (start[1], start[2].split(", ")), []
        elif table and line.rstrip("\n") == "\\.":
            shapes.append(_dumped_shape(*table, rows, size))
            table = None
        elif table:
            rows.append(line.rstrip("\n").split("\t"))
    return shapes


def _dumped_shape(mart: str, columns: list[str], rows: list[list[str]], size: Size) -> Shape:
    divisor = size.campaigns if mart in SUMMED else 1
    named = STAMPED_NAMES.get(mart)
    places = [n for n, name in enumerate(columns) if name in STAMPED or name == named]
    stamps = {_stamp(row[place]) / divisor for row in rows for place in places}
    publications = {int(row[columns.index("publication_id")]) for row in rows}
    return Shape(
        f"published.{mart}",
        len(rows),
        min(stamps, default=None),
        max(stamps, default=None),
        min(publications, default=None),
        max(publications, default=None),
    )


def _stamp(text: str) -> Decimal:
    return Decimal(-1) if text == "\\N" else Decimal(text)


JOIN = """
select
    'join',
    count(*),
    min(least(
        p.spend, p.conversions, p.purchases, c.conversions, c.conversion_value, d.spend, d.reach,
        s.spend / {campaigns}, s.conversions / {campaigns}, s.account_id::numeric
    )),
    max(greatest(
        p.spend, p.conversions, p.purchases, c.conversions, c.conversion_value, d.spend, d.reach,
        s.spend / {campaigns}, s.conversions / {campaigns}, s.account_id::numeric
    )),
    min(least(p.publication_id, c.publication_id, d.publication_id, s.publication_id)),
    max(greatest(p.publication_id, c.publication_id, d.publication_id, s.publication_id))
from marts.monthly_campaign_performance as p
inner join marts.monthly_conversion_metrics as c
    on p.client_id = c.client_id and p.campaign_id = c.campaign_id and p.month = c.month
    and c.attribution_window = 'default'
inner join marts.daily_campaign_performance as d
    on p.client_id = d.client_id and p.campaign_id = d.campaign_id
    and p.month = date_trunc('month', d.date_day::timestamp)::date
inner join marts.monthly_client_summary as s on p.client_id = s.client_id and p.month = s.month
"""

SLICES = """
insert into ops.clients (client_id, name, ad_account_id, status, expects_conversions, levels,
    owed_since, timezone_name, currency)
select 'client_' || n, 'Client ' || n, 'act_' || %(stamp)s::text, 'active', true,
    '{campaign,adset,ad}', %(first)s, 'UTC', 'EUR'
from generate_series(1, %(clients)s) as n
on conflict (client_id) do update set ad_account_id = excluded.ad_account_id;
insert into ops.batches (client_id, since, until, state, api_version)
select client_id, %(first)s, %(first)s, 'kept', 'v26.0' from ops.clients;
insert into ops.slice_state (client_id, level, date_day, state, row_count, batch_id, received_at,
    read_for, last_attempt, last_attempt_at, last_batch_id)
select b.client_id, l.level, (%(first)s + make_interval(months => m))::date, 'received',
    %(campaigns)s, b.batch_id, now(), current_date, 'received', now(), b.batch_id
from (select client_id, max(batch_id) as batch_id from ops.batches group by client_id) as b
cross join (values ('account'), ('campaign'), ('adset'), ('ad')) as l (level)
cross join generate_series(0, %(months)s - 1) as m
on conflict (client_id, level, date_day) do
update set (batch_id, last_batch_id) = (excluded.batch_id, excluded.batch_id);
insert into ops.client_months as m (client_id, month, version)
select client_id, date_trunc('month', date_day::timestamp)::date, nextval('ops.version_seq')
from ops.slice_state where level = 'campaign'
on conflict (client_id, month) do update set version = excluded.version
"""

DELETIONS = """
delete from staging.insights;
delete from staging.conversions;
delete from staging.control_totals
"""

ROWS = """
insert into staging.control_totals
select client_id, client_id, date_day, 'EUR', t, t, t, t, t, batch_id
from ops.slice_state cross join (select %(stamp)s::integer * %(campaigns)s::integer as t) as total
where level = 'account';
insert into staging.insights
select s.client_id, s.client_id, s.level, s.date_day,
    case s.level when 'campaign' then 'c' when 'adset' then 's' else 'a' end || n,
    'c' || n, %(stamp)s::text,
    case when s.level <> 'campaign' then 's' || n end,
    case when s.level <> 'campaign' then %(stamp)s::text end,
    case when s.level = 'ad' then 'a' || n end,
    case when s.level = 'ad' then %(stamp)s::text end,
    'EUR', %(stamp)s, %(stamp)s, %(stamp)s, %(stamp)s, %(stamp)s, s.batch_id
from ops.slice_state as s
cross join generate_series(1, %(campaigns)s) as n
where s.level <> 'account';
insert into staging.conversions
select client_id, client_id, level, date_day, entity_id, entries, entries, batch_id
from (
    select client_id, level, date_day, entity_id, batch_id, %(stamp)s::integer as amount
    from staging.insights
    union all
    select client_id, 'account', date_day, client_id, batch_id, impressions
    from staging.control_totals
) as e
cross join lateral jsonb_build_array(jsonb_build_object(
    'action_type', 'omni_purchase', 'value', amount::text, '7d_click', amount::text
)) as entries
"""
