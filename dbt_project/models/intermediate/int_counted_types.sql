-- The one action type of each family that is counted in a client-month. Families that are shown by day
-- were chosen over all levels; the others over the campaigns.
with by_day as (

    select distinct
        client_id,
        month,
        conversion_family,
        action_type,
        is_conversion
    from {{ ref('int_family_days') }}

),

seen as (

    select distinct
        client_id,
        month,
        action_type
    from {{ ref('int_monthly_actions') }}

),

families as (

    select * from {{ ref('int_client_families') }}
    where is_additive

),

by_month as (

    select distinct on (s.client_id, s.month, f.conversion_family)
        s.client_id,
        s.month,
        f.conversion_family,
        f.action_type,
        f.is_conversion
    from seen as s
    inner join families as f on s.client_id = f.client_id and s.action_type = f.action_type
    where not f.is_conversion and f.conversion_family not in ('purchase', 'lead')
    order by s.client_id, s.month, f.conversion_family, f.precedence

),

final as (

    select * from by_day
    union all
    select * from by_month

)

select * from final
