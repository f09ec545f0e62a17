{#
    Publishes every mart in one transaction, or nothing (see ops.publish). `marts` maps the
    name of a candidate model to the columns that identify a row. Tables that are missing, and columns
    that are new, are made before in a transaction of their own: publishing itself is row changes only.
#}
{% materialization publication, adapter='postgres' %}
    {% set marts = config.require('marts') %}
    {% for name, grain in marts.items() %}
        {{ ensure_published(ref('candidate_' ~ name), name, grain) }}
    {% endfor %}
    {% call statement('end_of_shape') %}select 'committed before the publication'{% endcall %}
    {{ adapter.commit() }}
    {% call statement('main', fetch_result=true) %}
        select * from ops.publish(
            '{{ invocation_id }}',
            array['{{ marts | join("', '") }}'],
            array['{{ config.require('nodes') | join("', '") }}']
        )
    {% endcall %}
    {% set row = load_result('main')['data'][0] %}
    {{ adapter.commit() }}
    {% if row[0] is none %}
        {{ log('Nothing to publish; client-months left out: ' ~ row[4], info=true) }}
    {% else %}
        {{ log(
            'Publication ' ~ row[0] ~ ': ' ~ row[1] ~ ' client-months, ' ~ row[2] ~ ' rows inserted, '
            ~ row[3] ~ ' ended; client-months left out: ' ~ row[4], info=true
        ) }}
        {% call statement('statistics') %}
            {% for name in marts %}analyze published.{{ name }};{% endfor %}
        {% endcall %}
        {{ adapter.commit() }}
    {% endif %}
    {{ return({'relations': []}) }}
{% endmaterialization %}

{% macro ensure_published(candidate, name, grain) %}
    {% set keys = {'published': ['publication_id'], 'history': ['publication_id', 'ended_publication_id']} %}
    {% for schema, extra in keys.items() %}
        {% set relation = api.Relation.create(database=target.database, schema=schema, identifier=name) %}
        {% set existing = adapter.get_relation(target.database, schema, name) %}
        {% if existing is none %}
            {% call statement('create_' ~ schema) %}
                create table {{ relation }} (
                    like {{ candidate }},
                    {% for key in extra %}{{ key }} bigint not null{{ ', ' if not loop.last }}{% endfor %}
                );
                {% if schema == 'published' %}
                    alter table {{ relation }} add primary key ({{ grain | join(', ') }});
                    create index on {{ relation }} (client_id, month);
                    create index on {{ relation }} (publication_id);
                {% else %}
                    create index on {{ relation }} (client_id, month, ended_publication_id);
                    create index on {{ relation }} (ended_publication_id);
                {% endif %}
            {% endcall %}
        {% else %}
            {{ add_missing_columns(existing, candidate) }}
        {% endif %}
    {% endfor %}
{% endmacro %}

{% macro add_missing_columns(existing, candidate) %}
    {% set found = column_types(existing) %}
    {% for name, type in column_types(candidate).items() %}
        {% if name not in found %}
            {% call statement('add_' ~ name) %}
                alter table {{ existing }} add column {{ adapter.quote(name) }} {{ type }}
            {% endcall %}
        {% elif found[name] != type %}
            {{ exceptions.raise_compiler_error(
                existing ~ '.' ~ name ~ ' is ' ~ found[name] ~ ', the candidate has ' ~ type
                ~ ': a published column keeps its type; give the new one a new name.'
            ) }}
        {% endif %}
    {% endfor %}
{% endmacro %}

{# Column names and types as Postgres writes them, arrays and all. #}
{% macro column_types(relation) %}
    {% set types = {} %}
    {% for row in run_query(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = '"
        ~ relation ~ "'::regclass and attnum > 0 and not attisdropped order by attnum"
    ) %}
        {% do types.update({row[0]: row[1]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}
