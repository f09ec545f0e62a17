{{
    config(
        alias='monthly_action_metrics',
        grain=['client_id', 'campaign_id', 'month', 'action_type']
    )
}}

with counts as (

    select * from {{ ref('int_monthly_counts') }}
    where level = 'campaign'

),

amounts as (

    select * from {{ ref('int_monthly_values') }}
    where level = 'campaign'

),

joined as (

    -- Meta sometimes gives a value without a count, so it is a full join.
    select
        client_id,
        entity_id as campaign_id,
        month,
        action_type,
        coalesce(c."default", 0) as actions,
        coalesce(v."default", 0) as action_value
    from counts as c
    full join amounts as v using (client_id, entity_id, month, action_type)

),

reviewed as (

    select * from {{ ref('conversion_families') }}

),

counted as (

    select * from {{ ref('int_counted_types') }}

),

-- The clients file gives custom conversions their family.
custom as (

    select * from {{ ref('int_client_families') }}
    where starts_with(action_type, '{{ custom_conversion() }}')

),

campaigns as (

    select * from {{ ref('candidate_monthly_campaign_metrics') }}

),

-- A review is for an action type by its name, or for all that match a pattern.
matched as (

    select
        t.action_type,
        f.conversion_family
    from (select distinct joined.action_type from joined) as t
    left join lateral (
        select reviewed.conversion_family
        from reviewed
        where t.action_type like replace(reviewed.action_type, '_', '\_')
        order by reviewed.action_type = t.action_type desc, reviewed.precedence
        limit 1
    ) as f on true

),

final as (

    select
        a.client_id,
        c.account_id,
        a.campaign_id,

        a.month,

        c.currency,
        a.action_type,
        coalesce(o.conversion_family, t.conversion_family) as conversion_family,
        k.action_type is not null as is_counted,

        a.actions,
        a.action_value
    from joined as a
    left join matched as t on a.action_type = t.action_type
    left join custom as o on a.client_id = o.client_id and a.action_type = o.action_type
    left join counted as k
        on a.client_id = k.client_id and a.month = k.month and a.action_type = k.action_type
    left join campaigns as c
        on a.client_id = c.client_id and a.campaign_id = c.campaign_id and a.month = c.month

)

select * from final
