with final as (
    {% for level in ['account', 'campaign', 'adset', 'ad'] %}
        {% set name = 'ad_set' if level == 'adset' else level %}
        {% set id = entity_ids(level) | last or 'account_id' %}
        select
            client_id,
            month,
            date_day,
            '{{ level }} ' || {{ id }} || ' has ' || count(*) || ' rows for this day' as detail
        from {{ ref('candidate_daily_' ~ name ~ '_performance') }}
        group by client_id, month, date_day, {{ id }}
        having count(*) > 1
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
