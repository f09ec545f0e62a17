-- A token that Meta refused is asked about by itself, so that its clients go on once it works again.

create table ops.token_checks (
    token text primary key,
    checked_at timestamptz not null,
    answered_at timestamptz
);
comment on table ops.token_checks is
    'When Meta was last asked who a refused token is, beside all collections, and when it last answered';
comment on column ops.token_checks.token is 'The variable that holds it';
comment on column ops.slice_state.failed_attempts is
    'Attempts in a row that failed or were refused, since the day was last good; none where the token was dead';

-- As before, but an answer about the token itself ends the hold of its clients, too; whether any day of them was
-- answered is is_collected_since.
create or replace view ops.client_failures as
select
    l.client_id, l.failure_id, l.batch_id, l.run_id, l.since, l.until, l.error, l.reason, l.failed_at,
    l.is_collected_since or l.error = 'TokenDeadError' and exists (
        select 1 from ops.token_checks as t
        inner join ops.clients as c on c.client_id = l.client_id
        where t.token = coalesce(c.token_env, 'META_ACCESS_TOKEN') and t.answered_at > l.failed_at
    ) as is_answered_since,
    l.is_collected_since
from (
    select distinct on (f.client_id)
        f.client_id, f.failure_id, f.batch_id, b.run_id, f.since, f.until, f.error, f.reason, f.failed_at,
        exists (
            select 1 from ops.batches as l
            where l.client_id = f.client_id and l.batch_id > f.batch_id
                and l.state in ('kept', 'partly_refused', 'refused')
        ) as is_collected_since
    from ops.failed_collections as f
    inner join ops.batches as b on f.batch_id = b.batch_id
    where f.closed_at is null
    order by f.client_id, f.failure_id desc
) as l;

-- The roles of before, with what is new: whoever collects asks about tokens, too.
alter function ops.ensure_roles(text) rename to ensure_roles_before_token_checks;
create function ops.ensure_roles(prefix text) returns text[]
language plpgsql
as $$
declare
    skipped text[] := ops.ensure_roles_before_token_checks(prefix);
    loader text := prefix || 'loader';
begin
    if not loader = any(skipped) then
        execute format('grant insert, update on ops.token_checks to %I', loader);
    end if;
    return skipped;
end
$$;
