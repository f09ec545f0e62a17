with metrics as (

    select * from {{ published('monthly_campaign_metrics') }}

),

conversion_metrics as (

    select * from {{ published('monthly_conversion_metrics') }}
    where attribution_window = 'default'

),

states as (

    select * from {{ ref('client_month_states') }}

),

conversions as (

    select
        client_id,
        campaign_id,
        month,
        sum(conversions) filter (where is_conversion) as conversions,
        sum(conversion_value) filter (where is_conversion) as conversion_value,
        sum(conversions) filter (where conversion_family = 'purchase') as purchases,
        sum(conversion_value) filter (where conversion_family = 'purchase') as purchase_value,
        sum(conversions) filter (where conversion_family = 'lead') as leads,
        max(publication_id) as publication_id
    from conversion_metrics
    group by client_id, campaign_id, month

),

joined as (

    select
        m.*,
        greatest(m.publication_id, c.publication_id) as last_publication_id,
        m.days_without_receipt = 0 as is_known,
        case when m.days_without_receipt = 0 then coalesce(c.conversions, 0) end as conversions,
        case when m.days_without_receipt = 0 then coalesce(c.conversion_value, 0) end
            as conversion_value,
        case when m.days_without_receipt = 0 then coalesce(c.purchases, 0) end as purchases,
        case when m.days_without_receipt = 0 then coalesce(c.purchase_value, 0) end
            as purchase_value,
        case when m.days_without_receipt = 0 then coalesce(c.leads, 0) end as leads
    from metrics as m
    left join conversions as c
        on
            m.client_id = c.client_id
            and m.campaign_id = c.campaign_id
            and m.month = c.month

),

final as (

    select
        j.client_id,
        j.account_id,
        j.campaign_id,

        j.month,

        j.campaign_name,
        j.currency,

        j.spend,
        j.impressions,
        j.clicks,
        j.link_clicks,
        j.days_with_delivery,
        j.conversions,
        j.conversion_value,
        j.purchases,
        j.purchase_value,
        j.leads,
        {{ ratios() }},
        case
            when not j.is_known
                then j.days_without_receipt || ' days of delivery without a receipt of conversions'
        end as conversions_null_reason,

        s.month_state,
        s.is_complete,
        j.last_publication_id as publication_id
    from joined as j
    left join states as s on j.client_id = s.client_id and j.month = s.month

)

select * from final
