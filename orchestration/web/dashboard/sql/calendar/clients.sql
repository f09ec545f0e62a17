-- The clients of a page of the calendar.
select client_id, name, status, timezone_name
from ops.clients
where
    is_listed
    and (%(q)s = '' or strpos(lower(name), %(q)s) > 0 or strpos(client_id, %(q)s) > 0)
order by client_id
limit %(limit)s offset %(offset)s
