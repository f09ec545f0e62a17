-- Sums of the types that are counted on some of their days only, over those days: the sums of the
-- month hold the other days as well. Looked up, because that costs a tenth of unfolding.
{{ config(materialized='candidate') }}

{% set windows = ['default'] + attribution_windows() %}

with partial as (

    select
        *,
        jsonb_build_object('type', action_type) as wanted
    from {{ ref('int_counted_types') }}
    where not is_whole

),

found as (

    select
        p.client_id,
        c.entity_id as campaign_id,
        p.month,
        p.action_type,
        jsonb_path_query_first(c.actions, '$[*] ? (@.action_type == $type)', p.wanted) as counts,
        jsonb_path_query_first(c.action_values, '$[*] ? (@.action_type == $type)', p.wanted)
            as amounts
    from partial as p
    inner join {{ ref('stg_meta_ads__conversions') }} as c
        on
            p.client_id = c.client_id
            and c.level = 'campaign'
            and {{ in_month('c.date_day', 'p.month') }}
            and {{ is_among('c.date_day', 'p.month', 'p.counted_bits') }}

),

final as (

    select
        client_id,
        campaign_id,
        month,
        action_type
        {%- for window in windows %}
            {%- set key = 'value' if window == 'default' else window %},
            sum((counts ->> '{{ key }}')::numeric) as "conversions_{{ window }}",
            sum((amounts ->> '{{ key }}')::numeric) as "value_{{ window }}"
        {%- endfor %}
    from found
    group by client_id, campaign_id, month, action_type

)

select * from final
