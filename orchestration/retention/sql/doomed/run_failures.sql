-- Failed runs that a later run made good.
t.closed_at < %(before)s
