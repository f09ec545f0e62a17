{%
    set marts = [
        'client_months', 'daily_account_performance', 'daily_campaign_performance',
        'daily_ad_set_performance', 'daily_ad_performance', 'monthly_campaign_metrics',
        'monthly_conversion_metrics', 'monthly_action_metrics', 'entity_names',
    ]
%}
{{ config(materialized='publication', marts=marts) }}
{% for mart in marts -%}
-- depends_on: {{ ref('candidate_' ~ mart) }}
{% endfor -%}
-- depends_on: {{ ref('audit_findings') }}
-- Not run: the materialization calls ops.publish, but dbt wants a query.
select 1 as not_run
