-- Nothing is published that lost what it was made of. Tables of a build are emptied by a crash of the server; dbt does
-- not notice one that comes between two nodes, and what it builds next is made of nothing.

-- Leaves out client-months that are not what staging holds of them. The audits compare tables of the build with each
-- other, and are fooled by whatever empties all of them; this one asks staging.
create function ops.leave_out_unlike_staging(build bigint) returns void
language plpgsql
as $$
begin
    with hand as (
        select b.client_id, b.month, (b.month + interval '1 month')::date as until
        from ops.build_client_months as b
        where b.build_id = build and b.left_out is null
    ),

    staged as (
        select h.client_id, h.month, count(*) as row_count, sum(i.spend) as spend, sum(i.impressions) as impressions
        from hand as h
        inner join staging.insights as i
            on
                h.client_id = i.client_id and i.level = 'campaign'
                and i.date_day >= h.month and i.date_day < h.until
        group by h.client_id, h.month
    ),

    built as (
        select h.client_id, h.month, count(*) as row_count, sum(d.spend) as spend, sum(d.impressions) as impressions
        from hand as h
        inner join candidate.daily_campaign_performance as d on h.client_id = d.client_id and h.month = d.month
        group by h.client_id, h.month
    ),

    judged as (
        select
            h.client_id,
            h.month,
            case
                when c.client_id is null then 'it was not built'
                when coalesce(b.row_count, 0) <> coalesce(s.row_count, 0)
                    then format('it has %s of %s rows of its days', coalesce(b.row_count, 0), coalesce(s.row_count, 0))
                when row(b.spend, b.impressions) is distinct from row(s.spend, s.impressions)
                    then 'it has not the sums of its days'
                when
                    exists (
                        select from staging.conversions as e
                        where
                            e.client_id = h.client_id and e.level = 'campaign'
                            and e.date_day >= h.month and e.date_day < h.until
                            and e.actions <> '[]'
                    )
                    and not exists (
                        select from candidate.monthly_action_metrics as a
                        where a.client_id = h.client_id and a.month = h.month
                    )
                    then 'it has none of its actions'
            end as reason
        from hand as h
        left join candidate.client_months as c on h.client_id = c.client_id and h.month = c.month
        left join staged as s on h.client_id = s.client_id and h.month = s.month
        left join built as b on h.client_id = b.client_id and h.month = b.month
    )

    update ops.build_client_months as b
    set left_out = j.reason
    from judged as j
    where
        b.build_id = build and b.client_id = j.client_id and b.month = j.month and j.reason is not null;
end
$$;
comment on function ops.leave_out_unlike_staging is 'Leaves out client-months whose candidates are not what staging holds';

create or replace function ops.leave_out(build bigint) returns void
language sql
as $$
    select ops.drop_taken_back(build);
    select ops.leave_out_unfit(build);
    select ops.leave_out_unlike_staging(build);
$$;
