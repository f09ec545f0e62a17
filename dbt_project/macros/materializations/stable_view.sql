{#
    A view that is left alone while its definition stays the same: no lock, no lost grant, no wait for
    readers in an ordinary build. Where the columns only grow it is replaced, otherwise made anew.
#}
{% materialization stable_view, adapter='postgres' %}
    {% set target_relation = this.incorporate(type='view') %}
    {{ run_hooks(pre_hooks) }}
    {{ ensure_stable_view(target_relation, sql) }}
    {% if config.get('as_of') %}
        {{ ensure_as_of_view(target_relation, sql) }}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The same view over what was published on another day (see as_of_sql). #}
{% macro ensure_as_of_view(target_relation, sql) %}
    {% set relation = target_relation.incorporate(path={'schema': 'marts_as_of'}) %}
    {{ ensure_stable_view(relation, as_of_sql(sql), false) }}
{% endmacro %}

{% macro ensure_stable_view(target_relation, sql, has_contract=true) %}
    {% if is_defined_as(target_relation, sql) %}
        {% call statement('main') %}select 'unchanged'{% endcall %}
    {% else %}
        {% if has_contract and config.get('contract').enforced %}
            {{ get_assert_columns_equivalent(sql) }}
        {% endif %}
        {% call statement('main') %}
            do $make_view$
            begin
                create or replace view {{ target_relation }} as (
                    {{ sql }}
                );
            exception when invalid_table_definition or wrong_object_type then
                perform ops.drop_built('{{ target_relation.include(database=false) }}');
                create view {{ target_relation }} as (
                    {{ sql }}
                );
            end
            $make_view$;
            {{ define_as(target_relation, sql) }}
        {% endcall %}
        {% do persist_docs(target_relation, model) %}
    {% endif %}
    {{ adapter.commit() }}
{% endmacro %}

{#
    Whether a relation is there and was made from exactly this SQL. The database is asked, not dbt's cache:
    a relation further up that was made anew took its dependents with it. Neither the key nor what is
    compared has the name of the database, which a restored copy need not share.
#}
{% macro is_defined_as(relation, sql) %}
    {% set name = relation.include(database=false) %}
    {% set known = run_query(
        "select definition from ops.definitions where relation = '" ~ name ~ "'"
        ~ " and to_regclass('" ~ name ~ "') is not null"
    ) %}
    {{ return(known | length > 0 and known[0][0] == definition_of(sql)) }}
{% endmacro %}

{% macro define_as(relation, sql) %}
    insert into ops.definitions (relation, definition)
    values ('{{ relation.include(database=false) }}', '{{ definition_of(sql) }}')
    on conflict (relation) do update set definition = excluded.definition;
{% endmacro %}

{% macro definition_of(sql) -%}
    {{ return(local_md5(sql | replace('"' ~ target.database ~ '".', ''))) }}
{%- endmacro %}
