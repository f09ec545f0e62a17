{# Before anything is changed: a project and a warehouse of different versions do not fit together. #}
{% macro require_schema_version() %}
    {% if execute and flags.WHICH in ('run', 'build', 'seed', 'snapshot') %}
        {% set exists = run_query("select to_regclass('ops.migrations') is not null")[0][0] %}
        {% set version = run_query('select coalesce(max(number), 0) from ops.migrations')[0][0] if exists else 0 %}
        {% if version != var('schema_version') %}
            {{ exceptions.raise_compiler_error(
                'The warehouse has schema ' ~ version ~ ', this project needs ' ~ var('schema_version')
                ~ ': run `meta-ads env` (or any other meta-ads command), which migrates it.'
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}

{# Here and not in the first model: builds that run at once would disturb each other in seeds and views, too. #}
{% macro open_build() %}
    {% if execute and flags.WHICH in ('run', 'build') %}
        {{ session() }}
        select ops.open_build('{{ invocation_id }}', {{ flags.FULL_REFRESH }})
    {% endif %}
{% endmacro %}

{#
    A build that failed never reaches its publication, which otherwise ends it. A build of every seed and model in which
    no test failed leaves nothing of an earlier project behind, and nothing to try again: it spares later runs a build
    until data or project change.
#}
{% macro end_build() %}
    {% if execute and flags.WHICH in ('run', 'build') %}
        {% set well = ['success', 'pass', 'warn', 'no-op'] %}
        {% set ill = results | rejectattr('status', 'in', well) | list %}
        {% set done = results | map(attribute='node.unique_id') | list %}
        {% set relations = graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed']) %}
        {% set missing = relations | map(attribute='unique_id') | reject('in', done) | list %}
        {{ session() }}
        select ops.end_build('{{ invocation_id }}', {{ not ill and not missing }})
    {% endif %}
{% endmacro %}
