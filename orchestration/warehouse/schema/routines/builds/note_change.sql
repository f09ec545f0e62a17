-- Keeps in `changed_at` since when the data of a client-month differ from what is published.
create or replace function ops.note_change() returns trigger
language plpgsql
as $$
begin
    if old.published_version is not distinct from old.version then
        new.changed_at := clock_timestamp();
    end if;
    return new;
end
$$;

create or replace trigger client_months_changed before update of version on ops.client_months
for each row when (old.version is distinct from new.version) execute function ops.note_change();
