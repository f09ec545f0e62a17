{#
    Decides which client-months the running build rebuilds and records the version of their data (ops.freeze_build);
    on-run-start took the lease. The model is a table of these client-months alone, so that the planner knows how
    many there are: every other model joins it, and a wrong guess turns a second into minutes.
#}
{% materialization build, adapter='postgres' %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set rules %}
        select md5(string_agg(s::text, e'\n' order by s.action_type)) || '.{{ var('marts_version') }}'
        from {{ ref('conversion_families') }} as s
    {% endset %}
    {% call statement('freeze', fetch_result=true) %}
        select ops.freeze_build('{{ invocation_id }}', ({{ rules }}))
    {% endcall %}
    {% set build_id = load_result('freeze')['data'][0][0] %}
    {{ adapter.commit() }}
    {{ log('Build ' ~ build_id, info=true) }}
    {{ ensure_table(target_relation, sql, 'unlogged') }}
    {% call statement('main') %}
        delete from {{ target_relation }};
        insert into {{ target_relation }}
        {{ sql }};
        analyze {{ target_relation }};
        select ops.touch_build('{{ invocation_id }}', '{{ model.name }}');
    {% endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
