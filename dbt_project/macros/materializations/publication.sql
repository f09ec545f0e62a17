{#
    Publishes every mart in one transaction, or nothing (see ops.publish). `marts` are the aliases of candidates
    with a grain. Every table of the build upstream has to bear the mark of this run, which a crash takes with the rows.
#}
{% materialization publication, adapter='postgres' %}
    {% set marts = config.require('marts') %}
    {% set nodes = [] %}
    {% do add_built_before(model, nodes) %}
    {% call statement('main', fetch_result=true) %}
        {{ build_settings() }}
        select * from ops.publish(
            '{{ invocation_id }}',
            array['{{ marts | join("', '") }}'],
            array['{{ nodes | join("', '") }}']
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
    {% endif %}
    {{ return({'relations': []}) }}
{% endmaterialization %}

{# Adds the names of the models upstream that are tables of a build. #}
{% macro add_built_before(node, names) %}
    {% for id in node.depends_on.nodes %}
        {% set upstream = graph.nodes.get(id) %}
        {% if upstream and upstream.resource_type == 'model' and upstream.name not in names %}
            {% if upstream.config.materialized in ('build', 'candidate', 'findings') %}{% do names.append(upstream.name) %}{% endif %}
            {% do add_built_before(upstream, names) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#
    The published table of a candidate, its history, and the view of its rows as of another day. Made where
    they are missing; columns that are new are added. Nobody but a publication changes their rows.
#}
{% macro ensure_published(candidate, name, grain) %}
    {% set keys = {'published': ['publication_id'], 'history': ['publication_id', 'ended_publication_id']} %}
    {% set added = [] %}
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
            {% do added.append(schema) %}
        {% else %}
            {% do added.extend(add_missing_columns(existing, candidate)) %}
        {% endif %}
    {% endfor %}
    {% set guarded = "select count(*) from pg_trigger where tgname = 'publications_only' and tgrelid in ("
        ~ "to_regclass('published." ~ name ~ "'), to_regclass('history." ~ name ~ "'))" %}
    {% if run_query(guarded)[0][0] < 2 %}
        {% call statement('guard') %}
            {% for schema in keys %}
            create or replace trigger publications_only
            before insert or update or delete or truncate on {{ schema }}.{{ name }}
            for each statement
            when (current_setting('meta_ads.publishing', true) is distinct from 'yes')
            execute function ops.refuse_change();
            {% endfor %}
        {% endcall %}
    {% endif %}
    {% if added or run_query("select to_regclass('as_of." ~ name ~ "') is null")[0][0] %}
        {% set columns = column_types('published.' ~ name).keys() | reject('equalto', 'publication_id')
            | map('tojson') | join(', ') %}
        {% call statement('as_of') %}
            create or replace view as_of.{{ name }} as
            select publication_id, {{ columns }} from published.{{ name }}
            where publication_id <= (select ops.as_of_publication())
            union all
            select publication_id, {{ columns }} from history.{{ name }}
            where publication_id <= (select ops.as_of_publication())
                and ended_publication_id > (select ops.as_of_publication())
        {% endcall %}
    {% endif %}
{% endmacro %}

{# Adds the columns that a published table lacks; returns their names. #}
{% macro add_missing_columns(existing, candidate) %}
    {% set found = column_types(existing) %}
    {% set added = [] %}
    {% for name, type in column_types(candidate).items() %}
        {% if name not in found %}
            {% call statement('add_' ~ name) %}
                set local lock_timeout = '5s';
                alter table {{ existing }} add column {{ adapter.quote(name) }} {{ type }}
            {% endcall %}
            {% do added.append(name) %}
        {% elif found[name] != type %}
            {{ exceptions.raise_compiler_error(
                existing ~ '.' ~ name ~ ' is ' ~ found[name] ~ ', the candidate has ' ~ type
                ~ ': a published column keeps its type; give the new one a new name.'
            ) }}
        {% endif %}
    {% endfor %}
    {{ return(added) }}
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
