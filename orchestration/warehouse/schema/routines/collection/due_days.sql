-- All days that are due for each client, without its pauses.
create or replace view ops.due_days as
select client_id, date_day from ops.due_days_of_last(null);
