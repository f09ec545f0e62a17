{{
    config(
        materialized='publication',
        marts={
            'client_months': ['client_id', 'month'],
            'daily_campaign_performance': ['client_id', 'campaign_id', 'date_day'],
            'monthly_campaign_metrics': ['client_id', 'campaign_id', 'month'],
            'monthly_conversion_metrics': [
                'client_id', 'campaign_id', 'month', 'conversion_family', 'attribution_window'
            ],
        },
        nodes=[
            'candidate_client_months', 'candidate_daily_campaign_performance',
            'candidate_monthly_campaign_metrics', 'candidate_monthly_conversion_metrics',
            'int_family_days', 'audit_findings',
        ]
    )
}}
-- depends_on: {{ ref('candidate_client_months') }}
-- depends_on: {{ ref('candidate_daily_campaign_performance') }}
-- depends_on: {{ ref('candidate_monthly_campaign_metrics') }}
-- depends_on: {{ ref('candidate_monthly_conversion_metrics') }}
-- depends_on: {{ ref('int_family_days') }}
-- depends_on: {{ ref('audit_findings') }}
select 'every mart in one transaction' as promise
