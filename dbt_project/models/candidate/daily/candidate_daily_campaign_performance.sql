{{ config(alias='daily_campaign_performance', grain=['client_id', 'campaign_id', 'date_day']) }}

{{ daily_candidate('campaign') }}
