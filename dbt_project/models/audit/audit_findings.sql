{{ config(materialized='findings', contract={'enforced': true}) }}

{#
    Each audit with its severity, its model, its day (none for a whole month) and its message. The message says what is
    wrong and in a few words what to do; the runbook has a section for each audit.
#}
{% set checks = [
    ('split', 'blocking', 'audit_split_days', 'date_day',
        "format('%s %s: the account has %s, its campaigns only %s; collect the day again',"
        ~ " conversion_family, metric, in_account, in_campaigns)"),
    ('split_month', 'high', 'audit_split_months', none,
        "format('no %s in the whole month; at the rate of the three months before there would be %s: check the pixel"
        ~ " and the goals of the campaigns', conversion_family, expected)"),
    ('control_totals', 'blocking', 'audit_control_totals', none,
        "format('%s: the account has %s, its campaigns only %s; collect the month again', metric, total, part)"),
    ('grain', 'blocking', 'audit_grain', 'date_day', "detail || '; collect the day again'"),
    ('currency', 'blocking', 'audit_currencies where is_within_month', none,
        "detail || '; add a new client to the clients file from the day of the change on'"),
    ('currency_change', 'warning', 'audit_currencies where not is_within_month', none, 'detail'),
    ('monthly_sums', 'blocking', 'audit_monthly_sums', none,
        "format('%s: the days add up to %s, the month has %s; this is an error in a model: see"
        ~ " audit.audit_monthly_sums', metric, coalesce(of_days::text, 'no row'), coalesce(of_month::text, 'no row'))"),
    ('levels', 'warning', 'audit_levels', none,
        "format('%s: the campaigns have %s, their %s %s; monthly marts use the campaigns',"
        ~ " metric, whole, case level when 'adset' then 'ad sets' else 'ads' end, part)"),
    ('gap', 'warning', 'audit_missing_days', 'date_day',
        "'not received: ' || reason || coalesce(': ' || detail, '') || case when active_campaigns > 0"
        ~ " then '; campaigns that delivered before and after: ' || active_campaigns else '' end"),
    ('suspected_gap', 'warning', 'audit_suspected_gaps', 'date_day',
        "'Meta answered without rows between days with delivery; the day counts as zero: compare with Ads Manager'"),
    ('mixed_action_types', 'warning', 'audit_mixed_action_types', none,
        "format('%s is counted under several names: %s', conversion_family, detail)"),
    ('idle_conversions', 'warning', 'audit_idle_conversions', 'date_day',
        "format('%s conversions of campaigns without delivery that day (campaigns: %s)', conversions, campaigns)"),
    ('restatement', 'warning', 'audit_restatements', none,
        "format('%s of days that are a week old or older: %s became %s; compare with Ads Manager', metric, before, after)"),
    ('final_month_changed', 'high', 'audit_final_months', none, "format('%s: %s became %s', metric, before, after)"),
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
