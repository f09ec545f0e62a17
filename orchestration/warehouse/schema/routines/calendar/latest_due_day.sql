-- The latest day that is due in a time zone: yesterday, once the due hour is over.
create or replace function ops.latest_due_day(zone text, at_time timestamptz) returns date
language sql stable
as $$
    select (
        (at_time at time zone zone)
        - make_interval(hours => coalesce(ops.setting_int('due_hour'), 4))
    )::date - 1
$$;

create or replace function ops.latest_due_day(zone text) returns date
language sql stable
as $$ select ops.latest_due_day(zone, ops.business_now()) $$;
