{# What two sums may differ by: a share of the amount, or the unit; the gate allows a day the same share. #}
{% macro tolerance(unit, amount) -%}
    greatest({{ unit }}, {{ amount }} * {{ var('tolerance_share') }})
{%- endmacro %}
