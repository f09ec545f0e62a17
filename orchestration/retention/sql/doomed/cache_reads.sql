-- Counts of single minutes; a count of a month stands at the month's first minute.
t.minute < %(before)s and t.minute <> date_trunc('month', t.minute, 'UTC')
