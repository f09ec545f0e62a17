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
        count(*) as client_count,
        sum(s.spend) as spend,
        sum(s.impressions)::bigint as impressions,
        sum(s.clicks)::bigint as clicks,
        sum(s.link_clicks)::bigint as link_clicks,
        -- A client whose conversions are unknown makes the sum unknown.
        {% for name in shown_conversions() %}
            case when bool_and(s.conversions is not null) then sum(s.{{ name }}) end as {{ name }},
        {% endfor %}
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

        client_count,
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
