-- The owner becomes a member of every role that is no superuser, and may hand it out, as if it had made it.
do $$
declare
    role_name name;
begin
    for role_name in
        select rolname from pg_roles
        where oid >= 16384 and not rolsuper and rolname <> 'meta_ads'
    loop
        execute format('grant %I to meta_ads with admin option', role_name);
    end loop;
end
$$;
