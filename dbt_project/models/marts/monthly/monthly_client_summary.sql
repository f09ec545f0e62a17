with client_months as (

    select * from {{ published('client_months') }}

),

campaigns as (

    select * from {{ ref('monthly_campaign_performance') }}

),

states as (

    select * from {{ ref('client_month_states') }}

),

totals as (

    select
        client_id,
        month,
        currency,
        count(*) as campaigns,
        max(publication_id) as publication_id,
        sum(spend) as spend,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        sum(link_clicks)::bigint as link_clicks,
        -- A campaign whose conversions are unknown makes the sum unknown.
        {% for name in shown_conversions() %}
            case when bool_and(conversions is not null) then sum({{ name }}) end as {{ name }},
        {% endfor %}
        max(conversions_null_reason) as conversions_null_reason
    from campaigns
    group by client_id, month, currency

),

summed as (

    -- A month without delivery has no campaign, but it has a row.
    select
        m.client_id,
        m.account_id,
        m.month,
        coalesce(t.currency, m.currency) as currency,
        coalesce(t.campaigns, 0) as campaigns,
        coalesce(t.spend, 0) as spend,
        coalesce(t.impressions, 0) as impressions,
        coalesce(t.clicks, 0) as clicks,
        coalesce(t.link_clicks, 0) as link_clicks,
        {% for name in shown_conversions() %}
            case when t.client_id is null then 0 else t.{{ name }} end as {{ name }},
        {% endfor %}
        t.conversions_null_reason,
        greatest(m.publication_id, t.publication_id) as publication_id
    from client_months as m
    left join totals as t on m.client_id = t.client_id and m.month = t.month

),

changed as (

    select
        *,
        sum(spend) over previous_month as spend_month_before,
        sum(conversions) over previous_month as conversions_month_before,
        sum(spend) over previous_year as spend_year_before,
        sum(conversions) over previous_year as conversions_year_before
    from summed
    window
        previous_month as (
            partition by client_id, currency order by month
            range between interval '1 month' preceding and interval '1 month' preceding
        ),
        previous_year as (
            partition by client_id, currency order by month
            range between interval '1 year' preceding and interval '1 year' preceding
        )

),

final as (

    select
        c.client_id,
        c.account_id,

        c.month,

        c.currency,

        c.campaigns,
        c.spend,
        c.impressions,
        c.clicks,
        c.link_clicks,
        c.conversions,
        c.conversion_value,
        c.purchases,
        c.purchase_value,
        c.leads,
        {{ ratios() }},
        c.conversions_null_reason,

        c.spend - c.spend_month_before as spend_change_to_previous_month,
        c.conversions - c.conversions_month_before as conversions_change_to_previous_month,
        c.spend - c.spend_year_before as spend_change_to_previous_year,
        c.conversions - c.conversions_year_before as conversions_change_to_previous_year,

        s.days_owed,
        s.days_received,
        s.is_complete,
        s.missing_days,
        s.month_state,
        c.publication_id
    from changed as c
    left join states as s on c.client_id = s.client_id and c.month = s.month

)

select * from final
