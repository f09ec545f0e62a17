-- Fills staging with the actions of every landed row that has some.
insert into staging.conversions (
    client_id, account_id, level, date_day, entity_id, actions, action_values, batch_id
)
select
    client_id, account_id, level, date_start::date, entity_id, coalesce(actions, '[]'),
    coalesce(action_values, '[]'), batch_id
from landing.unfolded_insights
where batch_id = %(batch)s and date_start = any(%(texts)s)
    and (actions <> '[]' or action_values <> '[]')
