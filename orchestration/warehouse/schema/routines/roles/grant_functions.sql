-- Lets each role call the functions of the ledger that it needs, and nobody else any.
-- Functions that act with the rights of their owner are granted by name.
create or replace function ops.grant_functions(roles text[], analyst text, transformer text)
returns void
language plpgsql
as $$
declare
    role_name text;
begin
    revoke execute on all functions in schema ops from public;
    foreach role_name in array roles loop
        execute format('grant execute on all functions in schema ops to %I', role_name);
        if role_name <> transformer then
            execute format(
                'revoke execute on function ops.drop_taken_back(bigint), ops.renew_statistics()
                from %I', role_name
            );
        end if;
        if role_name = analyst then
            execute format('revoke execute on all functions in schema ops from %I', role_name);
            execute format(
                'grant execute on function
                    ops.as_of(), ops.as_of_publication(), ops.readable_publication(bigint),
                    ops.business_now(), ops.setting_int(text), ops.role_for(text),
                    ops.latest_due_day(text), ops.latest_due_day(text, timestamptz),
                    ops.is_read_out(date, date, integer), ops.month_state(date, date, bigint),
                    ops.first_owed_day(date, date, date, integer), ops.may_owe(ops.clients),
                    ops.known_until()
                to %I', role_name
            );
        end if;
    end loop;
end
$$;
