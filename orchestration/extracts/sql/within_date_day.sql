m.date_day between coalesce(%(since)s::date, '-infinity') and coalesce(%(until)s::date, 'infinity')
