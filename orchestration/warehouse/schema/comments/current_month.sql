comment on table serving.current_month_cache is
    'One row per client: the published days of its running month, and the days after them as '
    'collected just then';
comment on column serving.current_month_cache.until is
    'The account''s running day when the figures came';
comment on column serving.current_month_cache.fresh_since is
    'The first day that was asked for; the days before it are published';
comment on column serving.current_month_cache.missing_days is
    'Days of the month that the figures do not hold';
comment on table serving.cache_refreshes is
    'When a refresh of a client was asked for and last tried, and why it failed';
comment on column serving.cache_refreshes.lease_owner is
    'The refresher that works on the request; nobody, or one that is gone, before it is answered';
comment on column serving.cache_refreshes.leased_until is
    'When another refresher may take the request over';
comment on table serving.cache_reads is
    'Reads of the running month by minute: served fresh, refreshed first, or served stale';
