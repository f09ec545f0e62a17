{%
    set marts = [
        'client_months', 'daily_account_performance', 'daily_campaign_performance',
        'daily_ad_set_performance', 'daily_ad_performance', 'monthly_campaign_metrics',
        'monthly_conversion_metrics', 'monthly_action_metrics', 'entity_names',
    ]
%}
{%
    set others = [
        'int_monthly_counts', 'int_monthly_values', 'int_counted_types', 'int_family_days',
        'audit_findings',
    ]
%}
{{ config(materialized='publication', marts=marts, others=others) }}
{% for mart in marts -%}
-- depends_on: {{ ref('candidate_' ~ mart) }}
{% endfor -%}
{% for node in others -%}
-- depends_on: {{ ref(node) }}
{% endfor -%}
select 'every mart in one transaction' as promise
