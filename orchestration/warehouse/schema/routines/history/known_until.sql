-- The moment up to which records count for a mart: all of them. In `marts_as_of` ops.as_of()
-- stands in its place.
create or replace function ops.known_until() returns timestamptz
language sql immutable
as $$ select 'infinity'::timestamptz $$;
