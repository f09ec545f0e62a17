-- Puts old receipts of a client and level together, one row for each day.
with place as (
    select c.client_id, l.level
    from ops.clients as c
    cross join unnest(array['account', 'campaign', 'adset', 'ad']) as l (level)
    where exists (
        select 1 from {table} as t
        where t.client_id = c.client_id and t.level = l.level and {doomed}
    )
    limit 1
),

gone as (
    delete from {table} as d
    where d.ctid = any(array(
        select t.ctid from {table} as t
        where t.client_id = (select p.client_id from place as p)
            and t.level = (select p.level from place as p)
            and {doomed}
        order by t.date_day, t.receipt_id
        limit %(rows)s
    ))
    returning *
),

folded as (
    insert into ops.folded_receipts as f (
        client_id, level, date_day, receipt_ids, states, row_counts, batch_ids, received_at,
        reasons
    )
    select
        g.client_id, g.level, g.date_day,
        array_agg(g.receipt_id order by g.receipt_id), array_agg(g.state order by g.receipt_id),
        array_agg(g.row_count order by g.receipt_id), array_agg(g.batch_id order by g.receipt_id),
        array_agg(g.received_at order by g.receipt_id), array_agg(g.reason order by g.receipt_id)
    from gone as g
    group by g.client_id, g.level, g.date_day
    on conflict (client_id, level, date_day) do update set
        receipt_ids = f.receipt_ids || excluded.receipt_ids,
        states = f.states || excluded.states,
        row_counts = f.row_counts || excluded.row_counts,
        batch_ids = f.batch_ids || excluded.batch_ids,
        received_at = f.received_at || excluded.received_at,
        reasons = f.reasons || excluded.reasons
)

select count(*) as rows, count(*) = 0 as is_done, 0 as position from gone
