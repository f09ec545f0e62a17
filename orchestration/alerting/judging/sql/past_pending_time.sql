-- Keeps when each finding was seen first, and returns those that were seen long enough ago.
with gone as (
    delete from ops.alerts_pending where not fingerprint = any(%(fingerprints)s)
),

new as (
    insert into ops.alerts_pending (fingerprint) select unnest(%(fingerprints)s::text[])
    on conflict do nothing
)

select fingerprint from ops.alerts_pending
where fingerprint = any(%(fingerprints)s)
    and first_seen_at <= clock_timestamp() - make_interval(mins => %(minutes)s)
