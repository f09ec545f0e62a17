with clients as (

    select * from {{ ref('dim_clients') }}

),

summaries as (

    select * from {{ ref('monthly_client_summary') }}

),

grouped as (

    select
        coalesce(c.client_group, c.client_id) as client_group,
        c.has_purchase_goal,
        s.client_id || ': ' || s.incomplete_reason as named_reason,
        s.publication_id is not null as is_published,
        s.*
    from summaries as s
    inner join clients as c on s.client_id = c.client_id

),

summed as (

    select
        client_group,
        month,
        currency,
        count(*) filter (where is_published) as client_count,
        bool_or(has_purchase_goal) filter (where is_published) as has_purchase_goal,
        sum(spend) as spend,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        sum(link_clicks)::bigint as link_clicks,
        -- A client whose conversions are unknown makes the sum unknown; one that is not published
        -- is missing in all sums.
        {% for name in shown_conversions() %}
            case
                when bool_and(conversions is not null) filter (where is_published)
                    then sum({{ name }})
            end as {{ name }},
        {% endfor %}
        coalesce(
            max(conversions_null_reason) filter (where is_published),
            case when not bool_or(is_published) then max(conversions_null_reason) end
        ) as conversions_null_reason,
        bool_and(is_complete) as is_complete,
        string_agg(named_reason, ' ' order by client_id) as incomplete_reason,
        max(publication_id) as publication_id
    from grouped
    group by client_group, month, currency

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
        {{ ratios('has_purchase_goal') }},
        conversions_null_reason,

        -- A client whose currency is not known yet may belong to any of the group's sums.
        is_complete and not bool_or(currency is null) over group_month as is_complete,
        publication_id,

        nullif(
            concat_ws(
                ' ',
                incomplete_reason,
                case
                    when currency is not null
                        then
                            string_agg(incomplete_reason, ' ')
                            filter (where currency is null) over group_month
                end
            ),
            ''
        ) as incomplete_reason
    from summed
    window group_month as (partition by client_group, month)

)

select * from final
