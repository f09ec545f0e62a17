-- Clients whose running month is kept fresh: those that advertise today.
create or replace view serving.cached_clients as
select
    c.client_id,
    z.today,
    date_trunc('month', z.today)::date as month
from ops.clients as c
cross join lateral (select ops.local_day(c.timezone_name) as today) as z
where
    c.is_listed
    and c.status = 'active'
    and c.timezone_name is not null
    and z.today between coalesce(c.starts_on, '-infinity') and coalesce(c.ends_on, 'infinity')
    and not exists (
        select 1 from ops.client_pauses as p
        where p.client_id = c.client_id and z.today between p.since and p.until
    );
