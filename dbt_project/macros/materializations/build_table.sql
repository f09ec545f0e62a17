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
        {{ adapter.commit() }}
    {% endif %}
{% endmacro %}

{% macro columns_of(relation) -%}
    (
        select array_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_class as c
        inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
        where c.oid = to_regclass('{{ relation.include(database=false) }}') and c.relkind = 'r'
    )
{%- endmacro %}

{# Large builds sort and hash in memory; for few client-months, compiling plans takes longer than it saves. #}
{% macro build_settings() -%}
    set local work_mem = '64MB';
    set local jit = off;
{%- endmacro %}
