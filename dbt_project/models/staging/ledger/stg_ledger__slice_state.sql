with source as (

    select * from {{ source('ops', 'slice_state') }}

),

final as (

    select
        client_id,
        level,

        date_day,

        state,
        row_count,
        read_for,
        received_at,
        last_attempt,
        last_reason,

        batch_id
    from source

)

select * from final
