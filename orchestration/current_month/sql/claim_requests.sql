-- Takes the requests that nobody works on; two refreshers that look at once take each one once.
update serving.cache_refreshes set
    (lease_owner, leased_until)
    = (%(owner)s, clock_timestamp() + make_interval(secs => %(seconds)s))
where requested_at > coalesce(attempted_at, '-infinity')
    and (coalesce(leased_until, '-infinity') <= clock_timestamp() or lease_owner = %(owner)s or lease_owner = any(%(dead)s))
returning client_id
