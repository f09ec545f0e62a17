{# dbt would put the target's schema before the name; queries and grants of analysts need the plain name. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
