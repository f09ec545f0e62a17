-- Whether a day was read for the last time: `read_for` is past its lookback.
create or replace function ops.is_read_out(date_day date, read_for date, lookback integer)
returns boolean
language sql immutable
as $$ select read_for >= date_day + lookback - 1 $$;
