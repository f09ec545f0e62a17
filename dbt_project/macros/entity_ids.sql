{% macro entity_ids(level) -%}
    {{ return({
        'account': [],
        'campaign': ['campaign_id'],
        'adset': ['campaign_id', 'ad_set_id'],
        'ad': ['campaign_id', 'ad_set_id', 'ad_id'],
    }[level]) }}
{%- endmacro %}
