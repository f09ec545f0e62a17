{{ config(materialized='build') }}
-- depends_on: {{ ref('conversion_families') }}

with final as (

    select
        b.client_id,
        b.month,
        b.build_id
    from {{ source('ops', 'build_client_months') }} as b
    inner join {{ source('ops', 'builds') }} as r on b.build_id = r.build_id
    where r.state = 'running'

)

select * from final
