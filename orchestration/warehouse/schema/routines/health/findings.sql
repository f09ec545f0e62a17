-- The findings of some audits, for all clients or for one; none before the first build.
create or replace function ops.findings(checks text[], only_client text default null)
returns table (
    client_id text, month date, date_day date, check_name text, severity text, detail text
)
language plpgsql stable
as $$
begin
    if to_regclass('audit.audit_findings') is not null then
        return query select
            f.client_id::text, f.month::date, f.date_day::date,
            f."check"::text, f.severity::text, f.detail::text
        from audit.audit_findings as f
        where f."check" = any(checks) and (only_client is null or f.client_id = only_client);
    end if;
end
$$;
