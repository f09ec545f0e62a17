-- Waits until nobody holds the lock alone; others may share it.
create or replace function ops.share_lock(lock_name text) returns void
language plpgsql
as $$
begin
    perform 1 from ops.locks where name = lock_name for share;
    if not found then
        raise exception 'There is no lock %.', lock_name;
    end if;
end
$$;
