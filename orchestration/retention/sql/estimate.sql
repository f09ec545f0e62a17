-- Of a sample of a table's pages: how many rows there are, and how many of them would go.
select count(*) as all_rows, count(*) filter (where {doomed}) as old_rows
from {table} as t tablesample system (%(percent)s) repeatable (1)
