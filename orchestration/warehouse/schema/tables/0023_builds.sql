-- A run without new data starts dbt only where the project changed since it was built whole.
alter table ops.builds add column project_digest text;
drop function if exists ops.end_build(text);
-- routines ec4448d4541787e3
