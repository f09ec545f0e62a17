-- Dagster keeps its runs, events and ticks here; it makes the tables itself.
create schema dagster_records;
insert into ops.locks (name) values ('dagster_records');
-- routines 0e589add0d253d46
