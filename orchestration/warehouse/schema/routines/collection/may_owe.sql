-- Whether a client can owe days: a paused client owes none, an ended one those up to a known end.
create or replace function ops.may_owe(client ops.clients) returns boolean
language sql immutable
as $$ select client.status = 'active' or client.status = 'ended' and client.ends_on is not null $$;
