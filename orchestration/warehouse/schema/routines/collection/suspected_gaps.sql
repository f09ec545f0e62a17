-- Days that were answered as empty between days of delivery: true zeros, or a gap at Meta.
create or replace view ops.suspected_gaps as
select
    s.client_id,
    s.date_day
from ops.slice_state as s
where
    s.level = 'campaign'
    and s.state = 'empty'
    and exists (
        select 1 from ops.slice_state as earlier
        where earlier.client_id = s.client_id and earlier.level = 'campaign'
            and earlier.state = 'received' and earlier.date_day < s.date_day
    )
    and exists (
        select 1 from ops.slice_state as later
        where later.client_id = s.client_id and later.level = 'campaign'
            and later.state = 'received' and later.date_day > s.date_day
    );
