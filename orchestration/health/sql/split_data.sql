-- Delivery without its conversions: days that the gate refused for it, and findings of the audits. Clients that never
-- had delivery or a conversion are a warning: only a person knows whether that is true.
with unproven as (
    select
        count(*) as clients,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'client', u.client_id, 'kind', u.kind, 'since', u.since, 'until', u.until, 'days', u.days,
                    'linkClicks', u.link_clicks
                ) order by u.client_id
            ),
            '[]'
        ) as listed
    from ops.unproven_clients as u
    where %(client)s::text is null or u.client_id = %(client)s
)

select
    case
        when count(*) > 0 then 'fail'
        when (select u.clients from unproven as u) > 0 then 'warning'
        else 'pass'
    end as status,
    jsonb_build_object(
        'unproven', (select u.listed from unproven as u),
        'issueCount', count(*),
        'issues', coalesce(
            jsonb_agg(issue order by client_id, month, date_day)
            filter (where place <= coalesce(%(most)s::integer, 1000)),
            '[]'
        )
    ) as detail
from (
    select
        client_id, month, date_day,
        row_number() over (order by client_id, month, date_day) as place,
        jsonb_build_object(
            'client', client_id, 'month', to_char(month, 'YYYY-MM'), 'day', date_day, 'rule', rule,
            'isPublished', is_published, 'detail', detail
        ) as issue
    from (
        select
            v.client_id, date_trunc('month', v.date_day)::date as month, v.date_day, v.rule,
            false as is_published, min(v.detail) as detail
        from quarantine.violations as v
        inner join ops.clients as c on v.client_id = c.client_id and c.is_listed
        where v.closed_at is null and v.severity = 'blocking' and v.rule = any(ops.split_rules())
            and v.date_day is not null
        group by v.client_id, v.date_day, v.rule
        union all
        select
            f.client_id, f.month, f.date_day, f.check_name, f.check_name = 'split_month', min(f.detail)
        from ops.findings(array['split', 'split_month'], %(client)s::text) as f
        inner join ops.clients as c on f.client_id = c.client_id and c.is_listed
        group by f.client_id, f.month, f.date_day, f.check_name
    ) as splits
    where %(client)s::text is null or client_id = %(client)s
) as issues
