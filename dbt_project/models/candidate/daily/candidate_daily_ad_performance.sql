{{ config(alias='daily_ad_performance', grain=['client_id', 'ad_id', 'date_day']) }}

{{ daily_candidate('ad') }}
