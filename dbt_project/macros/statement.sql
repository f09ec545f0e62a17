{#
    dbt logs in again for each node and each thread, and of all ways to set up a session only SQL passes every
    connection pooler. `meta-ads env` and the runs of Dagster put the settings into the environment.
#}
{% macro session() -%}
    {%- if env_var('META_ADS_SESSION', '') -%}{{ env_var('META_ADS_SESSION') }};{%- endif -%}
{%- endmacro %}

{# Replaces dbt's own macro of this name, to send the settings of the session before each statement. #}
{% macro statement(name=none, fetch_result=false, auto_begin=true, language='sql') -%}
    {%- if execute -%}
        {%- set code = caller() -%}
        {%- if name == 'main' -%}{{ write(code) }}{%- endif -%}
        {%- set response, table = adapter.execute(session() ~ '\n' ~ code, auto_begin=auto_begin, fetch=fetch_result) -%}
        {%- if name is not none -%}{{ store_result(name, response=response, agate_table=table) }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}
