comment on table landing.insights is 'The rows of each batch as the API sent them';
comment on column landing.insights.actions is
    'All counts of the row, those of other fields included; null: as in the payload';
comment on column landing.insights.action_values is
    'All values of the row, those of other fields included; null: as in the payload';
comment on table landing.witness_rows is
    'Proof of what was completed: rows of a deeper level that was asked about doubtful days, and '
    'the account''s and campaigns'' rows as they came. Nothing is built from them';

comment on table staging.insights is
    'Delivery that passed the gate: one row per client, level, day and object';
comment on table staging.conversions is
    'Actions and action values that passed the gate: one row per client, level, day and object';
comment on table staging.control_totals is
    'The account''s own totals of a day, which the rows below it must add up to';

comment on table staging.campaigns is
    'What Meta says of campaigns beside their numbers: a row whenever it says something else';
comment on column staging.campaigns.noted_at is
    'Since when this description is known; it holds until the next row';
comment on column staging.campaigns.daily_budget is
    'In currency; null where the campaign has none, because its ad sets have their own';

comment on table quarantine.violations is
    'Why the gate refused a client-day, and what it warned of; closed once the day is good';
comment on column quarantine.violations.date_day is
    'Null where a row names no day that was asked for';
comment on table quarantine.insights is 'The refused rows as the API sent them';
comment on table quarantine.readings is
    'What refused answers said of days for which more is stored; equal answers over a day '
    'confirm that it became less. Deleted once the day is kept';
comment on column quarantine.readings.figures is
    'Sums over the campaigns of the day: spend, impressions, clicks, link_clicks, '
    'conversions:family, value:family';
comment on table quarantine.decisions is 'What a person decided about refused days';
comment on column quarantine.decisions.rules is
    'The rules that the person released: from then on they only warn for this day';
