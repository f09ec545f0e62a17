-- Takes the lock of publications, and lets this transaction change published rows.
create or replace function ops.begin_publishing() returns void
language sql
as $$
    select ops.take_lock('publication');
    select set_config('meta_ads.publishing', 'yes', true);
$$;
