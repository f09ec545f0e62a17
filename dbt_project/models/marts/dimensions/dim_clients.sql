with months as (

    select
        client_id,
        min(month) as first_month,
        max(month) as last_month
    from {{ published('client_months') }}
    group by client_id

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
        m.last_month
    from clients as c
    inner join months as m on c.client_id = m.client_id

)

select * from final
