{# A table that publications change; read after the publication of the same build. #}
{% macro published(mart) -%}
    {% set _ = ref('publication') -%}
    published.{{ mart }}
{%- endmacro %}
