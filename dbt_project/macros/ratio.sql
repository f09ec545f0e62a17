{% macro ratio(numerator, denominator, factor=1) -%}
    round({{ factor }} * {{ numerator }}::numeric / nullif({{ denominator }}, 0), 6)
{%- endmacro %}

{# Where purchases are no goal, the zero of a month without them says nothing: there is no return to speak of. #}
{% macro ratios(has_purchase_goal) -%}
    {{ ratio('clicks', 'impressions', 100) }} as ctr,
    {{ ratio('spend', 'clicks') }} as cpc,
    {{ ratio('spend', 'impressions', 1000) }} as cpm,
    {{ ratio('spend', 'conversions') }} as cost_per_conversion,
    case
        when {{ has_purchase_goal }} or purchase_value <> 0 then {{ ratio('purchase_value', 'spend') }}
    end as roas
{%- endmacro %}
