-- What Meta says about an account beside its zone and currency, and what a batch cost.
alter table ops.clients add column account_status integer;
comment on column ops.clients.account_status is
    'Meta''s number: 1 active, 2 disabled, 3 unsettled, 9 in grace period, 100 pending closure, 101 closed';

alter table ops.batches add column rows_duplicated integer not null default 0;
comment on column ops.batches.rows_duplicated is 'Rows that came on two pages; kept once';
