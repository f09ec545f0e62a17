{% macro ratio(numerator, denominator, factor=1) -%}
    round({{ factor }} * {{ numerator }}::numeric / nullif({{ denominator }}, 0), 6)
{%- endmacro %}

{% macro ratios() -%}
    {{ ratio('clicks', 'impressions', 100) }} as ctr,
    {{ ratio('spend', 'clicks') }} as cpc,
    {{ ratio('spend', 'impressions', 1000) }} as cpm,
    {{ ratio('spend', 'conversions') }} as cost_per_conversion,
    {{ ratio('purchase_value', 'spend') }} as roas
{%- endmacro %}
