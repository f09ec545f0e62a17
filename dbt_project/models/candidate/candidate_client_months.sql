{{ config(alias='client_months', grain=['client_id', 'month']) }}

with months as (

    select * from {{ ref('int_build_client_months') }}

),

slices as (

    select * from {{ ref('stg_ledger__slice_state') }}
    where level = 'campaign'

),

clients as (

    select * from {{ ref('stg_ledger__clients') }}

),

final as (

    select
        m.client_id,
        c.account_id,

        m.month,

        c.currency,

        coalesce(
            array_agg(s.date_day order by s.date_day)
            filter (where s.state in ('received', 'empty')),
            '{}'
        ) as received_days,
        coalesce(
            array_agg(s.date_day order by s.date_day) filter (where s.state = 'empty'), '{}'
        ) as empty_days
    from months as m
    left join clients as c on m.client_id = c.client_id
    left join slices as s
        on m.client_id = s.client_id and {{ in_month('s.date_day', 'm.month') }}
    group by m.client_id, c.account_id, m.month, c.currency

)

select * from final
