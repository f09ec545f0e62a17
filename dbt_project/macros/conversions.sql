{#
    The attribution windows that Meta returns, beside `value`, which is the window of the ad set's own
    setting: `default`. Windows overlap, so they are never added up. Those without data cost nothing.
#}
{% macro attribution_windows() -%}
    {{ return(['1d_click', '7d_click', '28d_click', '1d_view', '7d_view', '28d_view', '1d_ev']) }}
{%- endmacro %}

{# Sums of the families that a row of a mart shows, from rows of one family each. #}
{% macro family_sums() -%}
    sum(conversions) filter (where is_conversion) as conversions,
        sum(conversion_value) filter (where is_conversion) as conversion_value,
        sum(conversions) filter (where conversion_family = 'purchase') as purchases,
        sum(conversion_value) filter (where conversion_family = 'purchase') as purchase_value,
        sum(conversions) filter (where conversion_family = 'lead') as leads
{%- endmacro %}
