-- The moment that `meta_ads.as_of` names; a day alone means its end, in UTC.
create or replace function ops.as_of() returns timestamptz
language plpgsql stable
as $$
declare
    wanted text := nullif(current_setting('meta_ads.as_of', true), '');
begin
    if wanted is null then
        raise exception 'As of when? The marts of the past need a day.'
            using hint = 'set meta_ads.as_of = ''2026-09-03''; or a full timestamp.';
    end if;
    if wanted ~ '^\d{4}-\d\d-\d\d$' then
        return ((wanted::date + 1)::timestamp at time zone 'UTC') - interval '1 microsecond';
    end if;
    return wanted::timestamptz;
end
$$;
