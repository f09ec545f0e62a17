-- What the ledger knows of a client-month that no mart has.
select
    (select count(*) from ops.owed_days
     where client_id = %(client)s and date_trunc('month', date_day) = %(month)s),
    (select count(*) from ops.slice_state
     where client_id = %(client)s and level = 'campaign' and state <> 'none'
         and date_trunc('month', date_day) = %(month)s),
    (select s.last_attempt || ' on ' || to_char(s.last_attempt_at, 'YYYY-MM-DD HH24:MI')
         || ' UTC' || coalesce(' (' || s.last_reason || ')', '')
     from ops.slice_state as s
     where s.client_id = %(client)s and s.level = 'campaign'
         and date_trunc('month', s.date_day) = %(month)s
     order by s.last_attempt_at desc limit 1)
