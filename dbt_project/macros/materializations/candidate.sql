{#
    What the running build made of its client-months: refilled by delete and insert in one transaction,
    so that neither a reader nor pg_dump holds a build up. The table is made anew only where the
    model changed; candidates hold nothing that is not built again.
#}
{% materialization candidate, adapter='postgres' %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set existing = load_cached_relation(this) %}
    {{ run_hooks(pre_hooks) }}
    {% if not is_defined_as(target_relation, sql) %}
        {% if config.get('contract').enforced %}
            {{ get_assert_columns_equivalent(sql) }}
        {% endif %}
        {% call statement('shape') %}
            {% if existing is not none %}drop {{ existing.type }} if exists {{ existing }} cascade;{% endif %}
            create table {{ target_relation }} as select * from ({{ sql }}) as shape with no data;
            create index on {{ target_relation }} (client_id, month);
            {{ define_as(target_relation, sql) }}
        {% endcall %}
        {% do persist_docs(target_relation, model) %}
        {{ adapter.commit() }}
    {% endif %}
    {% call statement('main') %}
        select ops.touch_build('{{ invocation_id }}', '{{ model.name }}');
        delete from {{ target_relation }};
        insert into {{ target_relation }}
        {{ sql }};
        analyze {{ target_relation }};
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
