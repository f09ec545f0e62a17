-- Waits until this transaction alone holds the lock.
create or replace function ops.take_lock(lock_name text) returns void
language plpgsql
as $$
begin
    perform 1 from ops.locks where name = lock_name for update;
    if not found then
        raise exception 'There is no lock %.', lock_name;
    end if;
end
$$;
