comment on schema ops is 'The ledger: clients, receipts, batches, builds, publications, alerts';
comment on schema landing is 'Rows as the API sent them, batch by batch';
comment on schema staging is 'Rows that passed the gate; a client-day is replaced as a whole';
comment on schema quarantine is 'Rows that the gate refused, and why';
comment on schema intermediate is 'Steps of a build, between staging and candidates';
comment on schema candidate is 'What a build made and has not published yet';
comment on schema audit is 'What the audits of a build found';
comment on schema published is 'The rows that the marts show; only publications change them';
comment on schema history is 'Rows that a later publication replaced';
comment on schema marts is 'What analysts read: views whose columns stay';
comment on schema as_of is 'The published rows as they were at meta_ads.as_of';
comment on schema marts_as_of is
    'The marts as they were published on a day: set meta_ads.as_of = ''YYYY-MM-DD''';
comment on schema serving is 'The running month so far, for the KPI API; never part of the marts';
comment on schema dagster_records is 'Runs, events and ticks of Dagster; its tables are its own';
