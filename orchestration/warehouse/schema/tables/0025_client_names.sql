-- Which clients were known on a day of the past, and what they were called in a month.
alter table ops.clients add column added_at timestamptz;
update ops.clients as c set added_at = coalesce(
    (select min(b.asked_at) from ops.batches as b where b.client_id = c.client_id),
    clock_timestamp()
);
alter table ops.clients
alter column added_at set default clock_timestamp(),
alter column added_at set not null;

create table ops.client_names (
    client_id text not null references ops.clients,
    since date not null,
    name text not null,
    primary key (client_id, since)
);
insert into ops.client_names (client_id, since, name)
select client_id, '-infinity', name from ops.clients;
