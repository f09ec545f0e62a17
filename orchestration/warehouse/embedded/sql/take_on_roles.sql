-- Makes the owner a member of every role that is no superuser, with the right to grant it.
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
