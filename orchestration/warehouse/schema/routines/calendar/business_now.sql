-- The time of the business: META_ADS_NOW where it is set, the clock otherwise.
create or replace function ops.business_now() returns timestamptz
language sql stable
as $$ select coalesce(nullif(current_setting('meta_ads.now', true), '')::timestamptz, now()) $$;
