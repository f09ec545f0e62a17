with names as (

    select * from {{ ref('dim_names') }}
    where level = 'campaign'

),

described as (

    select distinct on (client_id, campaign_id) * from {{ ref('stg_meta_ads__campaigns') }}
    where described_since <= ops.known_until()
    order by client_id asc, campaign_id asc, described_since desc

),

named as (

    select
        client_id,
        entity_id as campaign_id,

        min(first_day) as first_day,
        max(last_day) as last_day,

        min(entity_name) filter (where is_current) as campaign_name,
        count(*) as names
    from names
    group by client_id, entity_id

),

final as (

    select
        n.client_id,
        n.campaign_id,

        n.first_day,
        n.last_day,

        n.campaign_name,
        n.names,

        d.objective,
        d.effective_status,
        d.daily_budget,
        d.lifetime_budget,
        d.budget_currency,
        d.described_since
    from named as n
    left join described as d on n.client_id = d.client_id and n.campaign_id = d.campaign_id

)

select * from final
