-- Receipts of old days. What a collection still works on is never as old as thirty days.
t.date_day < (%(before)s at time zone 'UTC')::date
and t.received_at < clock_timestamp() - interval '30 days'
