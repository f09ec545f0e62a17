-- Customers with several ad accounts: their clients share a group in the clients file.
with clients as (

    select * from {{ ref('stg_ledger__clients') }}

),

summaries as (

    select * from {{ ref('monthly_client_summary') }}

),

summed as (

    select
        coalesce(c.client_group, c.client_id) as client_group,
        s.month,
        s.currency,
        count(*) as clients,
        sum(s.spend) as spend,
        sum(s.impressions)::bigint as impressions,
        sum(s.clicks)::bigint as clicks,
        sum(s.link_clicks)::bigint as link_clicks,
        -- One client whose conversions are unknown makes the sum unknown.
        case when bool_and(s.conversions is not null) then sum(s.conversions) end as conversions,
        case when bool_and(s.conversions is not null) then sum(s.conversion_value) end
            as conversion_value,
        case when bool_and(s.conversions is not null) then sum(s.purchases) end as purchases,
        case when bool_and(s.conversions is not null) then sum(s.purchase_value) end
            as purchase_value,
        case when bool_and(s.conversions is not null) then sum(s.leads) end as leads,
        max(s.conversions_null_reason) as conversions_null_reason,
        bool_and(s.is_complete) as is_complete,
        max(s.publication_id) as publication_id
    from summaries as s
    inner join clients as c on s.client_id = c.client_id
    group by coalesce(c.client_group, c.client_id), s.month, s.currency

),

final as (

    select
        client_group,

        month,

        currency,

        clients as client_count,
        spend,
        impressions,
        clicks,
        link_clicks,
        conversions,
        conversion_value,
        purchases,
        purchase_value,
        leads,
        {{ ratios() }},
        conversions_null_reason,

        is_complete,
        publication_id
    from summed

)

select * from final
