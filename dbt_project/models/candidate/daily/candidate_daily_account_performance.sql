{{ config(alias='daily_account_performance', grain=['client_id', 'date_day']) }}

{{ daily_candidate('account') }}
