-- The latest finished build that had a client-month, and why it left it out; null if it did not.
-- A rollback counts: it leaves nothing out. A call in a query becomes part of the query's plan.
create or replace function ops.latest_build_of(of_client text, of_month date)
returns table (build_id bigint, left_out text)
language sql stable
as $$
    select b.build_id, b.left_out
    from ops.build_client_months as b
    inner join ops.builds as r on b.build_id = r.build_id
    where b.client_id = of_client and b.month = of_month
        and r.state in ('published', 'unchanged', 'rolled_back')
    order by b.build_id desc
    limit 1
$$;
