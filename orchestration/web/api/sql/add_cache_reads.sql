-- Adds counts of reads of running months to the current minute.
insert into serving.cache_reads as r (minute, hits, misses, stale)
values (date_trunc('minute', clock_timestamp()), %(hits)s, %(misses)s, %(stale)s)
on conflict (minute) do update set (hits, misses, stale)
= (r.hits + excluded.hits, r.misses + excluded.misses, r.stale + excluded.stale)
