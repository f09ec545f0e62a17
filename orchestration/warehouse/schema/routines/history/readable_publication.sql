-- Returns a publication whose rows are kept; raises an error that names the nearest ones otherwise.
create or replace function ops.readable_publication(wanted bigint) returns bigint
language plpgsql stable security definer
set search_path = ops, pg_temp
as $$
declare
    kept text;
begin
    if exists (
        select 1 from ops.publications where publication_id = wanted and pruned_at is not null
    ) then
        select string_agg(
            publication_id || ' of ' || to_char(published_at, 'YYYY-MM-DD'), ', '
            order by publication_id
        )
        into kept
        from (
            (
                select publication_id, published_at from ops.publications
                where publication_id < wanted and pruned_at is null
                order by publication_id desc limit 1
            )
            union all
            (
                select publication_id, published_at from ops.publications
                where publication_id > wanted and pruned_at is null
                order by publication_id limit 1
            )
        ) as near;
        raise exception 'Publication % was pruned: what it showed is no longer kept.', wanted
            using hint = 'The nearest that are kept: ' || coalesce(kept, 'none') || '.';
    end if;
    return wanted;
end
$$;
