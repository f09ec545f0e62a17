-- Which refresher works on a request: two machines may each have one.
alter table serving.cache_refreshes
    add column lease_owner text,
    add column leased_until timestamptz;
-- routines afcd51b831f032c7
