{# All windows that Meta returns except the ad set's own, which it calls `value` and the models `default`. #}
{% macro attribution_windows() -%}
    {{ return(['1d_click', '7d_click', '28d_click', '1d_view', '7d_view', '28d_view', '1d_ev']) }}
{%- endmacro %}

{% macro custom_conversion() -%}
    {{ return('offsite_conversion.custom.') }}
{%- endmacro %}

{# They are known together or not at all. #}
{% macro shown_conversions() -%}
    {{ return(['conversions', 'conversion_value', 'purchases', 'purchase_value', 'leads']) }}
{%- endmacro %}

{# Stored in the marts, where analysts may filter by them, and compared by the monthly models. #}
{% macro null_reason(why) -%}
    {{ return({
        'receipt': 'no receipt of conversions for this day',
        'custom': 'only custom conversions came, which no family names: custom_conversions in the clients file',
        'total': 'the account total names no conversions',
        'unpublished': 'nothing of the month is published',
    }[why]) }}
{%- endmacro %}

{% macro family_sums() -%}
    sum(conversions) filter (where is_conversion) as conversions,
        sum(conversion_value) filter (where is_conversion) as conversion_value,
        sum(conversions) filter (where conversion_family = 'purchase') as purchases,
        sum(conversion_value) filter (where conversion_family = 'purchase') as purchase_value,
        sum(conversions) filter (where conversion_family = 'lead') as leads
{%- endmacro %}
