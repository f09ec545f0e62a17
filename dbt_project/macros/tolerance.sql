{% macro tolerance(unit, amount) -%}
    greatest({{ unit }}, {{ amount }} * {{ var('tolerance_share') }})
{%- endmacro %}
