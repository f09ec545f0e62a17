comment on table ops.clients is
    'The clients, as the clients file and Meta say; none is ever deleted';
comment on column ops.clients.is_listed is
    'False once the client is gone from the clients file; its data stay';
comment on column ops.clients.owed_since is
    'The first day that is owed: starts_on, else the month that the first lookback reached into';
comment on column ops.clients.account_status is
    'Meta''s number: 1 active, 2 disabled, 3 unsettled, 9 in grace period, 100 pending closure, '
    '101 closed';
comment on column ops.clients.account_facts_at is
    'When Meta last said the name, time zone and currency';
comment on column ops.clients.conversion_families is
    'The families that count as conversions for this client; null: those that the seed flags';
comment on column ops.clients.custom_conversions is
    'The family of each custom conversion that the client names, by its id; other: not a '
    'conversion';
comment on column ops.clients.token_env is
    'The variable that holds the client''s token; null: META_ACCESS_TOKEN';
comment on column ops.clients.alert_route is
    'The route that its alerts take, as in the clients file';
comment on column ops.clients.account_since is
    'The first day that the ad account is asked for; the rows of earlier days are of another '
    'account';
comment on column ops.clients.account_changed_at is
    'When account_since was last set for a client with data: the days from it on are read again';
comment on column ops.clients.account_refused is
    'Why the ad account in the clients file is not accepted; null while file and ledger agree';

comment on column ops.clients.campaigns_listed_at is
    'When the campaigns of the client were last listed';
comment on column ops.clients.added_at is 'When the client was first read from the clients file';

comment on table ops.client_names is
    'What each client was called from a day on; a month shows the name at its end';

comment on table ops.client_pauses is 'Days on which a client does not advertise and owes no data';

comment on table ops.client_months is
    'The unit of publication; a client-month is built again while its version is not the '
    'published one';
comment on column ops.client_months.version is 'A new number whenever data of the month change';
comment on column ops.client_months.was_final is
    'Whether the month was final when its data last changed; the next publication reports that';
comment on column ops.client_months.changed_at is
    'Since when the data differ from what is published, if they do';
