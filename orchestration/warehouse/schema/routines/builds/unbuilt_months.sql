-- Client-months whose collected data no build has published or left out yet.
-- What a build left out waits for other data, not for a build.
create or replace view ops.unbuilt_months as
select m.client_id, m.month, m.version, m.changed_at
from ops.client_months as m
inner join ops.clients as c on m.client_id = c.client_id and c.is_listed
where m.published_version is distinct from m.version
    and not exists (
        select 1 from ops.build_client_months as b
        where b.client_id = m.client_id and b.month = m.month
            and b.version = m.version and b.left_out is not null
    );
