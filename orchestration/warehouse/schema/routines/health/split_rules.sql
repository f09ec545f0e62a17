-- The rules of the gate that mean: campaigns came without their conversions.
create or replace function ops.split_rules() returns text[]
language sql immutable
as $$
    select array['not_split', 'zero_is_plausible', 'clicks_name_actions', 'counts_have_values']
$$;
