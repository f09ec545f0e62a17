with client_months as (

    select * from {{ published('client_months') }}

),

campaigns as (

    select * from {{ ref('monthly_campaign_performance') }}

),

states as (

    select * from {{ ref('client_month_states') }}

),

clients as (

    select * from {{ ref('dim_clients') }}

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

    -- A month without delivery has no campaign, but a row of zeros; one that is not published has
    -- a row of nulls.
    select
        s.client_id,
        coalesce(m.account_id, k.account_id) as account_id,
        s.month,
        coalesce(t.currency, m.currency, k.currency) as currency,
        case when m.client_id is not null then coalesce(t.campaigns, 0) end as campaigns,
        {% for name in ['spend', 'impressions', 'clicks', 'link_clicks'] %}
            case when m.client_id is not null then coalesce(t.{{ name }}, 0) end as {{ name }},
        {% endfor %}
        {% for name in shown_conversions() %}
            case
                when t.client_id is not null then t.{{ name }}
                when m.client_id is not null then 0
            end as {{ name }},
        {% endfor %}
        case
            when m.client_id is null then '{{ null_reason('unpublished') }}'
            else t.conversions_null_reason
        end as conversions_null_reason,
        greatest(m.publication_id, t.publication_id) as publication_id,
        m.received_days,
        k.has_purchase_goal,
        s.days_owed,
        s.days_received,
        s.is_complete,
        s.missing_days,
        s.month_state,
        s.incomplete_reason,
        s.client_name
    from states as s
    inner join clients as k on s.client_id = k.client_id
    left join client_months as m on s.client_id = m.client_id and s.month = m.month
    left join totals as t on m.client_id = t.client_id and m.month = t.month

),

before as (

    select
        *,
        {% for period, distance in compared_months().items() %}
            (month - interval '{{ distance }}')::date as {{ period }},
            max(received_days) over {{ period }} as received_days_{{ period }},
            sum(spend) over {{ period }} as spend_{{ period }},
            sum(conversions) over {{ period }} as conversions_{{ period }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from summed
    window
        {% for period, distance in compared_months().items() %}
            {{ period }} as (
                partition by client_id, currency order by month
                range between interval '{{ distance }}' preceding
                and interval '{{ distance }}' preceding
            )
            {%- if not loop.last %},{% endif %}
        {% endfor %}

),

changed as (

    select
        {% for period in compared_months() %}
            {% for measure in ['spend', 'conversions'] %}
                case
                    when {{ are_whole('b', period) }} then b.{{ measure }}_{{ period }}
                    else same_days_{{ period }}.{{ measure }}
                end as {{ measure }}_{{ period }}_same_days,
            {% endfor %}
        {% endfor %}
        b.*
    from before as b
    {% for period in compared_months() %}
        {{ same_days('b', period) }}
    {% endfor %}

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
        {{ ratios('c.has_purchase_goal') }},
        c.conversions_null_reason,

        c.spend - c.spend_previous_month as spend_change_to_previous_month,
        c.conversions - c.conversions_previous_month as conversions_change_to_previous_month,
        c.spend - c.spend_previous_year as spend_change_to_previous_year,
        c.conversions - c.conversions_previous_year as conversions_change_to_previous_year,

        c.days_owed,
        c.days_received,
        c.is_complete,
        c.missing_days,
        c.month_state,
        c.publication_id,

        {% for period in compared_months() %}
            {% for measure in ['spend', 'conversions'] %}
                {{ compared('c', measure, period) }},
            {% endfor %}
        {% endfor %}

        c.client_name,
        c.incomplete_reason
    from changed as c

)

select * from final
