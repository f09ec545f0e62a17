{{ config(materialized='findings', contract={'enforced': true}) }}

{#
    Every audit with its severity and its sentence. `blocking` leaves the client-month on its last good
    publication, `high` is published and needs a person, `warning` is published and told.
#}
{% set checks = [
    ('split', 'blocking', 'audit_split_days', 'date_day',
        "conversion_family || ' ' || metric || ': the account has ' || in_account || ', its campaigns ' || in_campaigns"),
    ('split_month', 'high', 'audit_split_months', none,
        "'no ' || conversion_family || ' in the whole month, where the three months before let expect ' || expected"),
    ('control_totals', 'blocking', 'audit_control_totals', none,
        "metric || ': the account has ' || total || ', its campaigns ' || part"),
    ('grain', 'blocking', 'audit_grain', 'date_day', 'detail'),
    ('currency', 'blocking', 'audit_currencies where is_within_month', none, 'detail'),
    ('currency_change', 'warning', 'audit_currencies where not is_within_month', none, 'detail'),
    ('monthly_sums', 'blocking', 'audit_monthly_sums', none,
        "metric || ': the days add up to ' || coalesce(of_days::text, 'nothing') || ', the month has '"
        ~ " || coalesce(of_month::text, 'nothing')"),
    ('levels', 'warning', 'audit_levels', none,
        "metric || ': the campaigns have ' || whole || ', level ' || level || ' ' || part"),
    ('gap', 'warning', 'audit_missing_days', 'date_day',
        "reason || coalesce(': ' || detail, '') || case when active_campaigns > 0 then '; '"
        ~ " || active_campaigns || ' campaigns delivered before and after' else '' end"),
    ('suspected_gap', 'warning', 'audit_suspected_gaps', 'date_day',
        "'Meta answered with nothing between days of delivery'"),
    ('mixed_action_types', 'warning', 'audit_mixed_action_types', none,
        "conversion_family || ' is counted as ' || detail"),
    ('idle_conversions', 'warning', 'audit_idle_conversions', 'date_day',
        "conversions || ' conversions of ' || campaigns || ' campaigns that did not deliver that day'"),
    ('restatement', 'warning', 'audit_restatements', none,
        "metric || ' of days a week old or more: ' || before || ' became ' || after"),
    ('final_month_changed', 'high', 'audit_final_months', none, "metric || ': ' || before || ' became ' || after"),
] %}

{% for check, severity, model, day, detail in checks %}
    {% set name, _, condition = model.partition(' ') %}
    select
        client_id,
        month,
        {{ day or 'null::date' }} as date_day,
        '{{ check }}' as "check",
        '{{ severity }}' as severity,
        {{ detail }} as detail
    from {{ ref(name) }}
    {{ condition }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
