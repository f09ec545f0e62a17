{#
    A table with the rows of the running build's client-months. It is emptied and filled again in one transaction, and
    made again only where its columns changed, so neither a reader nor pg_dump holds up a build. It is unlogged: it
    holds nothing that cannot be built again, and a crash empties it together with the build's marks
    (ops.build_nodes), so that the build has to start again.

    A candidate with a `grain` is published under its alias. The published table and its history get its columns
    here, long before the publication, which then only changes rows.
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
    Rows that were deleted slow down the next small build, which reads past them. So a large table is truncated, unless
    somebody reads it, such as pg_dump.
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
