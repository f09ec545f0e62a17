{#
    What the running build made of its client-months: emptied and refilled in one transaction, and neither
    a reader nor pg_dump holds a build up. The table is made anew only where the
    model changed. It is unlogged: candidates hold nothing that is not built again, and a crash
    empties them together with the marks of the build (ops.build_nodes), so that it has to begin anew.

    A candidate with a `grain` is published under its alias: the published table and its history take its
    columns here, long before the publication, which then is row changes only.
#}
{% materialization candidate, adapter='postgres' %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set grain = config.get('grain') %}
    {{ run_hooks(pre_hooks) }}
    {{ ensure_table(target_relation, sql, 'unlogged') }}
    {% if grain %}
        {{ ensure_published(target_relation, this.identifier, grain) }}
        {% call statement('end_of_shape') %}select 'committed before rows are written'{% endcall %}
        {{ adapter.commit() }}
    {% endif %}
    {% call statement('main') %}
        {{ build_settings() }}
        select ops.hold_build('{{ invocation_id }}');
        {{ emptied(target_relation) }}
        insert into {{ target_relation }}
        {{ sql }};
        analyze {{ target_relation }};
        select ops.touch_build('{{ invocation_id }}', '{{ model.name }}');
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#
    The same for findings, which stay until their client-month is built again: only those of the
    client-months in hand give way.
#}
{% materialization findings, adapter='postgres' %}
    {% set target_relation = this.incorporate(type='table') %}
    {{ run_hooks(pre_hooks) }}
    {{ ensure_table(target_relation, sql, '') }}
    {% call statement('main') %}
        {{ build_settings() }}
        select ops.hold_build('{{ invocation_id }}');
        delete from {{ target_relation }} as f
        using ops.build_client_months as b
        inner join ops.builds as r on b.build_id = r.build_id
        where r.state = 'running' and f.client_id = b.client_id and f.month = b.month;
        insert into {{ target_relation }}
        {{ sql }};
        select ops.touch_build('{{ invocation_id }}', '{{ model.name }}');
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The table of a model, made anew where its definition changed. #}
{% macro ensure_table(target_relation, sql, kind) %}
    {% set shape = target_relation.incorporate(path={'identifier': target_relation.identifier ~ '__shape'}) %}
    {% if not is_defined_as(target_relation, sql) %}
        {% if config.get('contract').enforced %}
            {{ get_assert_columns_equivalent(sql) }}
        {% endif %}
        {% call statement('shape') %}
            create {{ kind }} table {{ shape }} as select * from ({{ sql }}) as shape with no data;
            do $make_table$
            begin
                if {{ columns_of(target_relation) }} is distinct from {{ columns_of(shape) }} then
                    perform ops.drop_built('{{ target_relation.include(database=false) }}');
                    create {{ kind }} table {{ target_relation }} (like {{ shape }});
                    create index on {{ target_relation }} (client_id, month);
                end if;
            end
            $make_table$;
            drop table {{ shape }};
            {{ define_as(target_relation, sql) }}
        {% endcall %}
        {% do persist_docs(target_relation, model) %}
        {{ adapter.commit() }}
    {% endif %}
{% endmacro %}

{# The columns of a table with their types, null where it is none: an expression of SQL. #}
{% macro columns_of(relation) -%}
    (
        select array_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_class as c
        inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
        where c.oid = to_regclass('{{ relation.include(database=false) }}') and c.relkind = 'r'
    )
{%- endmacro %}

{#
    Deleting leaves the rows of a large build behind, and the next small one would read through them. So a large
    table is truncated where nobody reads it; whoever does, such as pg_dump, does not hold the build up.
#}
{% macro emptied(relation) -%}
    do $emptied$
    begin
        if pg_relation_size('{{ relation }}') < 8388608 then
            delete from {{ relation }};
        else
            lock table {{ relation }} in access exclusive mode nowait;
            truncate {{ relation }};
        end if;
    exception when lock_not_available then
        delete from {{ relation }};
    end
    $emptied$;
{%- endmacro %}

{# Large builds sort and hash in memory; compiling plans costs more than it brings where months are few. #}
{% macro build_settings() -%}
    set local work_mem = '64MB';
    set local jit = off;
{%- endmacro %}
