{# The reference to the publication makes dbt build the reader after it. #}
{% macro published(mart) -%}
    {% set _ = ref('publication') -%}
    {{ source('published', mart) }}
{%- endmacro %}

{# The candidate creates the published table where it is missing, so its audits have to come after it. #}
{% macro published_before(mart) -%}
    {% set _ = ref('candidate_' ~ mart) -%}
    {{ source('published', mart) }}
{%- endmacro %}
