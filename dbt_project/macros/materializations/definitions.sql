{#
    The database is asked, not dbt's cache: where a relation upstream was dropped and made again, this one went with it.
    The name of the database is in neither the key nor the definition, because a restored copy may have another one.
#}
{% macro is_defined_as(relation, definition, part='') %}
    {% set name = relation.include(database=false) %}
    {% set known = run_query(
        "select definition from ops.definitions where relation = '" ~ name ~ part ~ "'"
        ~ " and to_regclass('" ~ name ~ "') is not null"
    ) %}
    {{ return(known | length > 0 and known[0][0] == hash_of(definition)) }}
{% endmacro %}

{% macro define_as(relation, definition, part='') %}
    insert into ops.definitions (relation, definition)
    values ('{{ relation.include(database=false) }}{{ part }}', '{{ hash_of(definition) }}')
    on conflict (relation) do update set definition = excluded.definition;
{% endmacro %}

{% macro hash_of(definition) -%}
    {{ return(local_md5(definition | replace('"' ~ target.database ~ '".', ''))) }}
{%- endmacro %}
