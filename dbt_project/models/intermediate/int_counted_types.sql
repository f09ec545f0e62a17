-- One member of each family counts, the same on all days of a client-month and at all levels: the
-- one with the lowest precedence that occurs in the answers of the account or its campaigns.
{{ config(materialized='candidate') }}

with seen as (

    -- A value without a count occurs, so both arrays are looked at.
    select
        client_id,
        month,
        action_type
    from {{ ref('int_monthly_counts') }}
    union
    select
        client_id,
        month,
        action_type
    from {{ ref('int_monthly_values') }}

),

families as (

    select * from {{ ref('int_client_families') }}
    where is_additive

),

final as (

    select distinct on (s.client_id, s.month, f.conversion_family)
        s.client_id,
        s.month,
        f.conversion_family,
        f.action_type,
        f.is_conversion
    from seen as s
    inner join families as f on s.client_id = f.client_id and s.action_type = f.action_type
    order by s.client_id, s.month, f.conversion_family, f.precedence

)

select * from final
