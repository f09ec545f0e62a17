-- A setting of ops.settings as a number.
-- Security definer: analysts call it through the marts and may read no table of the ledger.
create or replace function ops.setting_int(setting text) returns integer
language sql stable security definer
set search_path = ops, pg_temp
as $$ select value::integer from ops.settings where name = setting $$;
