-- Days that are due and were not received, in the months in hand.
with months as (

    select * from {{ ref('int_build_client_months') }}

),

final as (

    select
        g.client_id,
        m.month,
        g.date_day,
        g.reason,
        g.detail
    from months as m
    inner join {{ source('ops', 'missing_days') }} as g
        on m.client_id = g.client_id and {{ in_month('g.date_day', 'm.month') }}

)

select * from final
