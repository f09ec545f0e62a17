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

clients as (

    select * from {{ ref('dim_clients') }}

),

conversions as (

    select
        client_id,
        campaign_id,
        month,
        {{ family_sums() }},
        max(publication_id) as publication_id
    from conversion_metrics
    group by client_id, campaign_id, month

),

explained as (

    select
        *,
        case
            when days_without_receipt > 0
                then days_without_receipt || ' days of delivery without a receipt of conversions'
            when days_of_unnamed_results > 0 then '{{ null_reason('custom') }}'
        end as conversions_null_reason
    from metrics

),

joined as (

    select
        m.*,
        greatest(m.publication_id, c.publication_id) as last_publication_id,
        {% for name in shown_conversions() %}
            case
                when m.conversions_null_reason is null then coalesce(c.{{ name }}, 0)
            end as {{ name }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from explained as m
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
        {{ ratios('k.has_purchase_goal') }},
        j.conversions_null_reason,

        s.month_state,
        s.is_complete,
        j.last_publication_id as publication_id,

        s.client_name
    from joined as j
    left join states as s on j.client_id = s.client_id and j.month = s.month
    left join clients as k on j.client_id = k.client_id

)

select * from final
