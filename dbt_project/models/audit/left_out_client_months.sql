-- depends_on: {{ ref('publication') }}
with latest as (

    select max(build_id) as build_id from {{ source('ops', 'builds') }}
    where state in ('published', 'unchanged')

),

final as (

    select
        b.client_id,
        b.month,
        b.left_out as reason
    from {{ source('ops', 'build_client_months') }} as b
    inner join latest on b.build_id = latest.build_id
    where b.left_out is not null

)

select * from final
