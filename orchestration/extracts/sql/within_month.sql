m.month between coalesce(date_trunc('month', %(since)s::date)::date, '-infinity')
    and coalesce(%(until)s::date, 'infinity')
