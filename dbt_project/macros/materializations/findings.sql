{# A table whose rows stay until their client-month is built again. #}
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
