"""Every key of client rows begins with `client_id`, but those that docs/operations.md lists."""

import re
from pathlib import Path

from databases import Warehouse

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
DISTRIBUTED = ("staging", "candidate", "published", "history")
"""The schemas whose rows a cluster would spread over its servers by client."""
KEYS = """
select n.nspname || '.' || t.relname, n.nspname, i.indisunique, array(
    select a.attname from unnest(i.indkey) with ordinality as k (number, place)
    left join pg_attribute as a on a.attrelid = t.oid and a.attnum = k.number order by k.place
)
from pg_class as t
inner join pg_namespace as n on t.relnamespace = n.oid
left join pg_index as i on t.oid = i.indrelid
where t.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
    and exists (
        select 1 from pg_attribute as c
        where c.attrelid = t.oid and c.attname = 'client_id' and not c.attisdropped
    )
"""


def test_every_key_of_client_rows_begins_with_the_client_but_those_that_are_listed(
    warehouse: Warehouse,
) -> None:
    found = warehouse.rows(KEYS)
    tables = {table for table, schema, _, _ in found if schema in DISTRIBUTED}
    assert len(tables) > 20
    for table, schema, is_unique, columns in found:
        if schema in DISTRIBUTED:
            is_key = is_unique or columns[0] not in ("publication_id", "ended_publication_id")
            assert not is_key or columns[0] == "client_id", (table, columns)
    assert (
        tables == {table for table, _, _, columns in found if columns[:1] == ["client_id"]} & tables
    )
    # A cluster needs the client somewhere in each unique key.
    without = {
        table for table, _, is_unique, columns in found if is_unique and "client_id" not in columns
    }
    text = OPERATIONS.read_text("utf-8")
    (listed,) = re.findall(r"bear the client, but are numbered without it: (.+?)\.\n", text, re.S)
    assert set(re.findall(r"`(\w+\.\w+)`", listed)) == without
