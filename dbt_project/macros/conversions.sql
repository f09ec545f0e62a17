{#
    The attribution windows that Meta returns, beside `value`, which is the window of the ad set's own
    setting: `default`. Windows overlap, so they are never added up. Those without data cost nothing.
#}
{% macro attribution_windows() -%}
    {{ return(['1d_click', '7d_click', '28d_click', '1d_view', '7d_view', '28d_view', '1d_ev']) }}
{%- endmacro %}

{# How the types of custom conversions begin, before their ids. #}
{% macro custom_conversion() -%}
    {{ return('offsite_conversion.custom.') }}
{%- endmacro %}

{# What a row of a mart shows of its conversions: all of it is known, or nothing. #}
{% macro shown_conversions() -%}
    {{ return(['conversions', 'conversion_value', 'purchases', 'purchase_value', 'leads']) }}
{%- endmacro %}

{# Why conversions are unknown, in the words of the marts. #}
{% macro null_reason(why) -%}
    {{ return({
        'receipt': 'no receipt of conversions for this day',
        'custom': 'only custom conversions came, which no family names: custom_conversions in the clients file',
        'total': 'the account total names no conversions',
    }[why]) }}
{%- endmacro %}

{# Sums of the families that a row of a mart shows, from rows of one family each. #}
{% macro family_sums() -%}
    sum(conversions) filter (where is_conversion) as conversions,
        sum(conversion_value) filter (where is_conversion) as conversion_value,
        sum(conversions) filter (where conversion_family = 'purchase') as purchases,
        sum(conversion_value) filter (where conversion_family = 'purchase') as purchase_value,
        sum(conversions) filter (where conversion_family = 'lead') as leads
{%- endmacro %}
