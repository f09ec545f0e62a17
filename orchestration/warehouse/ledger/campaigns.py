"""What Meta says of campaigns beside their numbers; a row for each change."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from psycopg.types.json import Jsonb

from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign as Meta describes it; budgets in `currency`, None where the campaign has none."""

    campaign_id: str
    objective: str | None
    effective_status: str | None
    daily_budget: Decimal | None
    lifetime_budget: Decimal | None
    currency: str


def clients_to_list(connection: Connection, client_ids: Sequence[str]) -> dict[str, str]:
    """The currencies of those among these clients whose campaigns were not listed for 20 hours."""
    rows = connection.execute(
        """
        select client_id, currency from ops.clients
        where client_id = any(%s) and currency is not null
            and coalesce(campaigns_listed_at <= now() - interval '20 hours', true)
        """,
        [list(client_ids)],
    )
    return dict(rows.fetchall())


def save_campaigns(connection: Connection, client_id: str, campaigns: Iterable[Campaign]) -> None:
    """Store what is new or has changed, and that the client's campaigns were listed."""
    described = [
        {name: _storable(value) for name, value in asdict(campaign).items()}
        for campaign in campaigns
    ]
    connection.execute(
        read_sql(__file__, "save_campaigns"),
        {"client": client_id, "campaigns": Jsonb(described)},
    )
    connection.execute(
        "update ops.clients set campaigns_listed_at = clock_timestamp() where client_id = %s",
        [client_id],
    )


def _storable(value: str | Decimal | None) -> str | None:
    return None if value is None else storable(str(value))
