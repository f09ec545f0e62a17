-- A run without new data starts dbt only where the project changed since it was built whole.
alter table ops.builds add column project text;
drop function ops.end_build(text);
-- routines 91d96ef9e54bb85d
