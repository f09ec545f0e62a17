{{ config(materialized='candidate') }}

{{ monthly_sums_of('action_values') }}
