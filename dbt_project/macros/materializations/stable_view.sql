{#
    A view that is left alone as long as its SQL stays the same: an ordinary build takes no lock on it, loses no grant
    and waits for no reader. Where its columns only grow it is replaced, otherwise it is dropped and made again.
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

{% macro ensure_stable_view(target_relation, sql, has_contract=true) %}
    {% set known = definitions_of(target_relation) %}
    {% set is_unchanged = known.get('') == hash_of(sql) %}
    {% if is_unchanged %}
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
    {% endif %}
    {{ ensure_comments(target_relation, known.get(' comments') if is_unchanged else none) }}
    {{ adapter.commit() }}
{% endmacro %}

{# Apart from the SQL: a comment can be written while the view is read. A view that was made again has none. #}
{% macro ensure_comments(target_relation, known) %}
    {% if config.persist_relation_docs() %}
        {% set comments = [model.description] %}
        {% for column in model.columns.values() %}
            {% do comments.append(column.name ~ ': ' ~ column.description) %}
        {% endfor %}
        {% set comments = comments | join('\n') %}
        {% if known != hash_of(comments) %}
            {% do persist_docs(target_relation, model) %}
            {% call statement('comments') %}{{ define_as(target_relation, comments, ' comments') }}{% endcall %}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro ensure_as_of_view(target_relation, sql) %}
    {% set relation = target_relation.incorporate(path={'schema': 'marts_as_of'}) %}
    {{ ensure_stable_view(relation, as_of_sql(sql), false) }}
{% endmacro %}

{# Reads the rows and the days as they were published, the other marts of the same day, and that day instead of now. #}
{% macro as_of_sql(sql) -%}
    {{ return(
        sql
        | replace('"published".', '"as_of".')
        | replace('"ops"."standing_days"', '"as_of"."standing_days"')
        | replace('"marts".', '"marts_as_of".')
        | replace('ops.business_now()', 'ops.as_of()')
        | replace('ops.known_until()', 'ops.as_of()')
    ) }}
{%- endmacro %}
