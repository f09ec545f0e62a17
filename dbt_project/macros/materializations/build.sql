{#
    Opens a build: one at a time, with the client-months to rebuild frozen at the version of their
    slices. The model itself is a stable view of the running build's client-months.
#}
{% materialization build, adapter='postgres' %}
    {% set target_relation = this.incorporate(type='view') %}
    {% set rules %}
        select md5(string_agg(s::text, e'\n' order by s.action_type)) || '.{{ var('marts_version') }}'
        from {{ ref('conversion_families') }} as s
    {% endset %}
    {% call statement('begin', fetch_result=true) %}
        select ops.begin_build('{{ invocation_id }}', {{ flags.FULL_REFRESH }}, ({{ rules }}))
    {% endcall %}
    {% set build_id = load_result('begin')['data'][0][0] %}
    {{ adapter.commit() }}
    {{ log('Build ' ~ build_id ~ ' begins', info=true) }}
    {{ ensure_stable_view(target_relation, load_cached_relation(this), sql) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
