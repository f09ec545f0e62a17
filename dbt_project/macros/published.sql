{# A table that publications change; read after the publication of the same build. #}
{% macro published(mart) -%}
    {% set _ = ref('publication') -%}
    {{ api.Relation.create(database=target.database, schema='published', identifier=mart) }}
{%- endmacro %}
