-- Whether a month of a client is final; null where the time zone of its account is not known.
create or replace function ops.is_final(client text, month_begin date) returns boolean
language sql stable
as $$
    select ops.month_state(
        ops.latest_due_day(c.timezone_name),
        (month_begin + interval '1 month')::date - 1,
        (
            select count(*) from ops.due_days as d
            left join ops.standing_days as s
                on d.client_id = s.client_id and d.date_day = s.date_day
            where d.client_id = client
                and d.date_day >= month_begin
                and d.date_day < (month_begin + interval '1 month')::date
                and s.state is distinct from 'waived'
                and ops.is_read_out(
                    d.date_day, s.read_for, ops.setting_int('lookback_days')
                ) is not true
        )
    ) = 'final'
    from ops.clients as c
    where c.client_id = client and c.timezone_name is not null
$$;
