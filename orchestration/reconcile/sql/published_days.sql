-- The rows of a daily mart as they are published, and those that later publications replaced.
select
    {campaign_id} as campaign_id, {campaign_name} as campaign_name, date_day, publication_id,
    null::bigint as ended, conversions_null_reason as null_reason, {figures}
from marts.{mart}
where client_id = %(client)s and date_day between %(since)s and %(until)s
union all
select
    {campaign_id}, {campaign_name}, date_day, publication_id,
    ended_publication_id, conversions_null_reason, {figures}
from history.{mart}
where client_id = %(client)s and date_day between %(since)s and %(until)s
order by date_day, campaign_id, publication_id
