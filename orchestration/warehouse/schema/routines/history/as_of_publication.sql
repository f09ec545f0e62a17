-- The publication that was the latest at `meta_ads.as_of`.
create or replace function ops.as_of_publication() returns bigint
language sql stable security definer
set search_path = ops, pg_temp
as $$
    select ops.readable_publication(coalesce(max(publication_id), 0))
    from ops.publications where published_at <= ops.as_of()
$$;
