-- When a day becomes late: its due hour and the time of grace are over.
create or replace function ops.late_at(date_day date, zone text) returns timestamptz
language sql stable
as $$
    select
        (
            (date_day + 1)::timestamp
            + make_interval(hours => coalesce(ops.setting_int('due_hour'), 4))
        ) at time zone zone
        + make_interval(mins => coalesce(ops.setting_int('due_grace_minutes'), 60))
$$;
