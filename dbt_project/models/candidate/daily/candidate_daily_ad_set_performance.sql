{{ config(alias='daily_ad_set_performance', grain=['client_id', 'ad_set_id', 'date_day']) }}

{{ daily_candidate('adset') }}
