-- Due days without data, and how the last attempt to collect them ended.
create or replace view ops.missing_days as
select
    d.client_id,
    d.date_day,
    coalesce(s.last_attempt, 'never asked') as reason,
    s.last_reason as detail
from ops.due_days as d
left join ops.slice_state as s
    on d.client_id = s.client_id and s.level = 'campaign' and d.date_day = s.date_day
where coalesce(s.state, 'none') = 'none';
