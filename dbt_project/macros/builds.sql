{# A build that finds another schema than its own stops before it touches anything. #}
{% macro require_schema_version() %}
    {% if execute and flags.WHICH in ('run', 'build', 'seed', 'snapshot') %}
        {% set exists = run_query("select to_regclass('ops.migrations') is not null")[0][0] %}
        {% set found = run_query('select coalesce(max(number), 0) from ops.migrations')[0][0] if exists else 0 %}
        {% if found != var('schema_version') %}
            {{ exceptions.raise_compiler_error(
                'The warehouse has schema ' ~ found ~ ', this project needs ' ~ var('schema_version')
                ~ ': run `meta-ads env` (or any other meta-ads command), which migrates it.'
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}

{# One build at a time, from the first statement on: seeds and views are written once, too. #}
{% macro open_build() %}
    {% if execute and flags.WHICH in ('run', 'build') %}
        {{ session() }}
        select ops.open_build('{{ invocation_id }}', {{ flags.FULL_REFRESH }})
    {% endif %}
{% endmacro %}

{# Closes the build of this invocation where the publication did not. #}
{% macro end_build() %}
    {% if execute and flags.WHICH in ('run', 'build') %}
        select ops.end_build('{{ invocation_id }}')
    {% endif %}
{% endmacro %}

{#
    Whether a day lies in a month, twice over: the range reads an index where few months are in hand, the equality
    joins by hash where all of them are.
#}
{% macro in_month(day, month) -%}
    {{ day }} >= {{ month }} and {{ day }} < ({{ month }} + interval '1 month')::date
    and date_trunc('month', {{ day }}::timestamp)::date = {{ month }}
{%- endmacro %}
