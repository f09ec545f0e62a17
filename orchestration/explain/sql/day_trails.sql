-- The days of a campaign's month with what is published, stored, and sent by the API.
select
    d.date_day,
    {published} as published,
    p.client_id is not null as is_published,
    p.publication_id,
    u.published_at,
    s.state as stands,
    s.batch_id, s.received_at, s.confirmed_at, s.read_for,
    i.file_name as imported_from, i.sha256 as imported_sha256,
    coalesce(r.receipts, '[]') as receipts,
    coalesce(n.types, '{{}}') as named_types,
    a.payload as api_row,
    s.mended_from,
    w.payload as answered_row,
    case when s.last_attempt = 'refused' then s.last_reason end as refused,
    -- The answer had rows of the day, and none is there any more.
    coalesce(s.row_count > 0 and s.batch_id is not null, false) and not exists (
        select 1 from landing.insights as l
        where l.batch_id = s.batch_id and l.level = 'campaign'
            and l.payload ->> 'date_start' = d.date_day::text
    ) as is_pruned
from (
    select d::date as date_day
    from generate_series(
        %(month)s::timestamp, %(month)s::timestamp + interval '1 month' - interval '1 day',
        interval '1 day'
    ) as d
) as d
left join marts.daily_campaign_performance as p
    on p.client_id = %(client)s and p.campaign_id = %(campaign)s and p.date_day = d.date_day
left join ops.publications as u on p.publication_id = u.publication_id
left join ops.slice_state as s
    on s.client_id = %(client)s and s.level = 'campaign' and s.date_day = d.date_day
left join ops.imports as i on s.batch_id = i.batch_id
left join lateral (
    select jsonb_agg(
        jsonb_build_object(
            'state', t.state, 'at', t.received_at, 'batch_id', t.batch_id, 'rows', t.row_count,
            'reason', t.reason
        )
        order by t.receipt_id
    ) as receipts
    from ops.all_receipts as t
    where t.client_id = %(client)s and t.level = 'campaign' and t.date_day = d.date_day
) as r on true
left join lateral (
    select array_agg(distinct e ->> 'action_type' order by e ->> 'action_type') as types
    from staging.conversions as c
    cross join lateral jsonb_array_elements(c.actions || c.action_values) as e
    where c.client_id = %(client)s and c.level in ('account', 'campaign')
        and c.date_day = d.date_day
) as n on true
left join lateral (
    select l.payload from landing.insights as l
    where l.batch_id = s.batch_id and l.level = 'campaign'
        and l.payload ->> 'campaign_id' = %(campaign)s
        and l.payload ->> 'date_start' = d.date_day::text
    order by l.row_number limit 1
) as a on true
left join lateral (
    select l.payload from landing.witness_rows as l
    where s.mended_from is not null and l.batch_id = s.batch_id and l.level = 'campaign'
        and l.payload ->> 'campaign_id' = %(campaign)s
        and l.payload ->> 'date_start' = d.date_day::text
    order by l.row_number limit 1
) as w on true
where p.client_id is not null or a.payload is not null
order by d.date_day
