-- Failed collections that a later one made good.
t.closed_at < %(before)s
