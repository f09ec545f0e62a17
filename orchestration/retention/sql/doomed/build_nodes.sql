-- Which nodes an ended build has made: only a running build asks for it.
exists (
    select 1 from ops.builds as b where b.build_id = t.build_id and b.finished_at < %(before)s
)
