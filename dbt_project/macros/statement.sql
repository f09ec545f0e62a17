{#
    What `meta-ads env` and the runs hand over for each session: business time, who builds, and a server's own settings
    put aside. dbt connects anew for each node and each thread, and only the SQL that it sends passes every pooler.
#}
{% macro session() -%}
    {%- if env_var('META_ADS_SESSION', '') -%}{{ env_var('META_ADS_SESSION') }};{%- endif -%}
{%- endmacro %}

{# dbt's own macro of this name, for SQL, with the settings of the session before it. #}
{% macro statement(name=none, fetch_result=false, auto_begin=true, language='sql') -%}
    {%- if execute -%}
        {%- set code = caller() -%}
        {%- if name == 'main' -%}{{ write(code) }}{%- endif -%}
        {%- set response, table = adapter.execute(session() ~ '\n' ~ code, auto_begin=auto_begin, fetch=fetch_result) -%}
        {%- if name is not none -%}{{ store_result(name, response=response, agate_table=table) }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}
