-- depends_on: {{ ref('publication') }}
with publications as (

    select * from {{ source('ops', 'publications') }}

),

manifests as (

    select
        publication_id,
        jsonb_agg(
            jsonb_build_object(
                'mart', mart, 'client_id', client_id, 'month', month, 'row_count', row_count,
                'sums', sums, 'content_hash', content_hash
            )
            order by mart, client_id, month
        ) as manifest
    from {{ source('ops', 'publication_manifest') }}
    group by publication_id

),

final as (

    select
        p.publication_id,
        p.published_at,
        p.client_months,
        p.rows_inserted,
        p.rows_ended,
        m.manifest
    from publications as p
    left join manifests as m on p.publication_id = m.publication_id

)

select * from final
