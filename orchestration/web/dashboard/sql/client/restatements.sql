-- The latest numbers of a client that Meta changed.
select date_day, metric, before, after, age_days, noted_at
from ops.restatements
where client_id = %s and before is not null
order by restatement_id desc
limit 50
