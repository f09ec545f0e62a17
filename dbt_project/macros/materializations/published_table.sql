{% macro ensure_published(candidate, name, grain) %}
    {% set keys = {'published': ['publication_id'], 'history': ['publication_id', 'ended_publication_id']} %}
    {% set added = [] %}
    {% for schema, key_columns in keys.items() %}
        {% set existing = adapter.get_relation(target.database, schema, name) %}
        {% if existing is none %}
            {{ create_published(candidate, schema, name, grain, key_columns) }}
            {% do added.append(schema) %}
        {% else %}
            {% do added.extend(add_missing_columns(existing, candidate)) %}
        {% endif %}
    {% endfor %}
    {{ guard_published(name, keys) }}
    {% if added or run_query("select to_regclass('as_of." ~ name ~ "') is null")[0][0] %}
        {{ create_as_of(name) }}
    {% endif %}
{% endmacro %}

{% macro create_published(candidate, schema, name, grain, key_columns) %}
    {% set relation = api.Relation.create(database=target.database, schema=schema, identifier=name) %}
    {% call statement('create_' ~ schema) %}
        create table {{ relation }} (
            like {{ candidate }},
            {% for key in key_columns %}{{ key }} bigint not null{{ ', ' if not loop.last }}{% endfor %}
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
{% endmacro %}

{# Nothing but a publication may change these rows. #}
{% macro guard_published(name, schemas) %}
    {% set guarded = "select count(*) from pg_trigger where tgname = 'publications_only' and tgrelid in ("
        ~ "to_regclass('published." ~ name ~ "'), to_regclass('history." ~ name ~ "'))" %}
    {% if run_query(guarded)[0][0] < 2 %}
        {% call statement('guard') %}
            {% for schema in schemas %}
            create or replace trigger publications_only
            before insert or update or delete or truncate on {{ schema }}.{{ name }}
            for each statement
            when (current_setting('meta_ads.publishing', true) is distinct from 'yes')
            execute function ops.refuse_change();
            {% endfor %}
        {% endcall %}
    {% endif %}
{% endmacro %}

{% macro create_as_of(name) %}
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
{% endmacro %}

{% macro add_missing_columns(existing, candidate) %}
    {% set present = column_types(existing) %}
    {% set added = [] %}
    {% for name, type in column_types(candidate).items() %}
        {% if name not in present %}
            {% call statement('add_' ~ name) %}
                set local lock_timeout = '5s';
                alter table {{ existing }} add column {{ adapter.quote(name) }} {{ type }}
            {% endcall %}
            {% do added.append(name) %}
        {% elif present[name] != type %}
            {{ exceptions.raise_compiler_error(
                existing ~ '.' ~ name ~ ' is ' ~ present[name] ~ ', the candidate has ' ~ type
                ~ ': a published column keeps its type; give the new one a new name.'
            ) }}
        {% endif %}
    {% endfor %}
    {{ return(added) }}
{% endmacro %}

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
