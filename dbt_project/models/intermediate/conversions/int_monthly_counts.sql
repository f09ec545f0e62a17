{{ config(materialized='candidate') }}

{{ monthly_sums_of('actions') }}
