with months as (

    select
        client_id,
        min(month) as first_month,
        max(month) as last_month
    from {{ published('client_months') }}
    group by client_id

),

buyers as (

    select distinct client_id
    from {{ published('monthly_conversion_metrics') }}
    where conversion_family = 'purchase'

),

clients as (

    select * from {{ ref('stg_ledger__clients') }}

),

final as (

    select
        c.client_id,
        c.account_id,

        c.client_name,
        c.client_group,
        c.status,
        c.timezone_name,
        c.currency,
        c.expects_conversions,
        c.conversion_families,

        m.first_month,
        m.last_month,

        c.expects_conversions
        and (b.client_id is not null or coalesce('purchase' = any(c.conversion_families), false))
            as has_purchase_goal,
        c.is_listed
    from clients as c
    left join months as m on c.client_id = m.client_id
    left join buyers as b on c.client_id = b.client_id
    where m.client_id is not null or c.added_at <= ops.known_until()

)

select * from final
