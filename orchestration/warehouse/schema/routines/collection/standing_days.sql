-- Days with an answer (received, empty or waived), and for which due day they were last read.
-- Days before `account_since` count as read for ever: the account of today cannot answer for them.
create or replace view ops.standing_days as
select
    s.client_id,
    s.date_day,
    s.state,
    case when c.account_since > s.date_day then 'infinity'::date else s.read_for end as read_for
from ops.slice_state as s
left join ops.clients as c on s.client_id = c.client_id
where s.level = 'campaign' and s.state <> 'none';
