-- Stops every change of published rows that no publication makes.
create or replace function ops.refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'Rows of %.% are changed by publications only.', tg_table_schema, tg_table_name
        using hint = 'meta-ads publications rollback takes a publication back.';
end
$$;
