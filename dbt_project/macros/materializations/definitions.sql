{#
    The database is asked, not dbt's cache: where a relation upstream was dropped and made again, this one went with it.
    The name of the database is in neither the key nor the definition, because a restored copy may have another one.
#}
{% macro definitions_of(relation) %}
    {% set name = relation.include(database=false) | string %}
    {% set known = {} %}
    {% for row in run_query(
        "select relation, definition from ops.definitions"
        ~ " where relation in ('" ~ name ~ "', '" ~ name ~ " comments')"
        ~ " and to_regclass('" ~ name ~ "') is not null"
    ) %}
        {% do known.update({row[0][name | length:]: row[1]}) %}
    {% endfor %}
    {{ return(known) }}
{% endmacro %}

{% macro is_defined_as(relation, definition) %}
    {{ return(definitions_of(relation).get('') == hash_of(definition)) }}
{% endmacro %}

{% macro define_as(relation, definition, part='') %}
    insert into ops.definitions (relation, definition)
    values ('{{ relation.include(database=false) }}{{ part }}', '{{ hash_of(definition) }}')
    on conflict (relation) do update set definition = excluded.definition;
{% endmacro %}

{% macro hash_of(definition) -%}
    {{ return(local_md5(definition | replace('"' ~ target.database ~ '".', ''))) }}
{%- endmacro %}
