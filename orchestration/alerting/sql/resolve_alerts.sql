-- Resolves alerts; those that somebody has resolved meanwhile are not returned.
update ops.alerts set (state, resolved_at) = ('resolved', clock_timestamp())
where alert_id = any(%(ids)s) and state <> 'resolved'
returning *
