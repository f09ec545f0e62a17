with days as (

    select
        client_id,
        'campaign' as level,
        campaign_id as entity_id,
        campaign_id,
        null::text as ad_set_id,
        month,
        date_day,
        campaign_name as entity_name
    from {{ ref('candidate_daily_campaign_performance') }}
    union all
    select
        client_id,
        'adset' as level,
        ad_set_id as entity_id,
        campaign_id,
        ad_set_id,
        month,
        date_day,
        ad_set_name as entity_name
    from {{ ref('candidate_daily_ad_set_performance') }}
    union all
    select
        client_id,
        'ad' as level,
        ad_id as entity_id,
        campaign_id,
        ad_set_id,
        month,
        date_day,
        ad_name as entity_name
    from {{ ref('candidate_daily_ad_performance') }}

),

grouped as (

    select
        client_id,
        level,
        entity_id,
        month,
        entity_name,
        min(campaign_id) as campaign_id,
        min(ad_set_id) as ad_set_id,
        min(date_day) as first_day,
        max(date_day) as last_day,
        count(*) over (partition by client_id, level, entity_id, month) > 1 as is_renamed
    from days
    group by client_id, level, entity_id, month, entity_name

),

renamed as (

    select distinct
        client_id,
        level,
        entity_id,
        month
    from grouped
    where is_renamed

),

-- Only an object that was renamed can get an earlier name back.
numbered as (

    select
        d.*,
        row_number()
            over (partition by d.client_id, d.level, d.entity_id, d.month order by d.date_day)
        - row_number() over (
            partition by d.client_id, d.level, d.entity_id, d.month, d.entity_name
            order by d.date_day
        ) as period
    from days as d
    inner join renamed as r
        on
            d.client_id = r.client_id
            and d.level = r.level
            and d.entity_id = r.entity_id
            and d.month = r.month

),

final as (

    select
        client_id,
        level,
        entity_id,
        campaign_id,
        ad_set_id,
        month,
        first_day,
        last_day,
        entity_name
    from grouped
    where not is_renamed
    union all
    select
        client_id,
        level,
        entity_id,
        min(campaign_id) as campaign_id,
        min(ad_set_id) as ad_set_id,
        month,
        min(date_day) as first_day,
        max(date_day) as last_day,
        entity_name
    from numbered
    group by client_id, level, entity_id, month, entity_name, period

)

select * from final
