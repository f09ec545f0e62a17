-- How long a build may show no sign of life before another may take its place.
-- Also used where nobody can know whether the process of a build still runs.
create or replace function ops.build_lease() returns interval
language sql immutable
as $$ select interval '10 minutes' $$;
