-- A run without new data starts dbt only where the project changed since it was built whole.
alter table ops.builds add column project text;
drop function if exists ops.end_build(text);
-- routines 2c8b11ee980543c0
