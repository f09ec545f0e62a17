{# What the marts show, read after the publication of the same build. #}
{% macro published(mart) -%}
    {% set _ = ref('publication') -%}
    {{ source('published', mart) }}
{%- endmacro %}

{# What the marts showed before this build, for the audits; its candidate has made the table. #}
{% macro published_before(mart) -%}
    {% set _ = ref('candidate_' ~ mart) -%}
    {{ source('published', mart) }}
{%- endmacro %}

{#
    The SQL of a mart as of another day: the same text over the rows as they were published, the facts as they
    were known, and that day in place of now.
#}
{% macro as_of_sql(sql) -%}
    {{ return(
        sql
        | replace('"published".', '"as_of".')
        | replace('"ops"."standing_days"', '"as_of"."standing_days"')
        | replace('"marts".', '"marts_as_of".')
        | replace('ops.business_now()', 'ops.as_of()')
    ) }}
{%- endmacro %}
