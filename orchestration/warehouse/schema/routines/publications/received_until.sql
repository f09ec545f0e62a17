-- The last day with data among the published rows of a client-month.
-- With the rights of the caller: the role that builds owns these rows, and could put a view in
-- their place whose functions would otherwise run with the rights of the owner of the ledger.
create or replace function ops.received_until(client text, month_begin date) returns date
language plpgsql stable security invoker
as $$
begin
    return (
        select max(d.day) from published.client_months as m
        cross join unnest(m.received_days) as d (day)
        where m.client_id = client and m.month = month_begin
    );
end
$$;
