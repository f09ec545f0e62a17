{#
    Publishes every mart in one transaction, or none (ops.publish). `marts` are the aliases of the candidates with a
    `grain`. Every table of the build upstream has to bear the mark of this run, which a crash deletes with the rows.
#}
{% materialization publication, adapter='postgres' %}
    {% set marts = config.require('marts') %}
    {% set nodes = [] %}
    {% do add_built_before(model, nodes) %}
    {% call statement('main', fetch_result=true) %}
        {{ build_settings() }}
        select * from ops.publish(
            '{{ invocation_id }}',
            array['{{ marts | join("', '") }}'],
            array['{{ nodes | join("', '") }}']
        )
    {% endcall %}
    {% set row = load_result('main')['data'][0] %}
    {{ adapter.commit() }}
    {% if row[0] is none %}
        {{ log('Nothing to publish; client-months left out: ' ~ row[4], info=true) }}
    {% else %}
        {{ log(
            'Publication ' ~ row[0] ~ ': ' ~ row[1] ~ ' client-months, ' ~ row[2] ~ ' rows inserted, '
            ~ row[3] ~ ' ended; client-months left out: ' ~ row[4], info=true
        ) }}
    {% endif %}
    {{ return({'relations': []}) }}
{% endmaterialization %}

{% macro add_built_before(node, names) %}
    {% for id in node.depends_on.nodes %}
        {% set upstream = graph.nodes.get(id) %}
        {% if upstream and upstream.resource_type == 'model' and upstream.name not in names %}
            {% if upstream.config.materialized in ('build', 'candidate', 'findings') %}{% do names.append(upstream.name) %}{% endif %}
            {% do add_built_before(upstream, names) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
