{#
    True for a day of a month, said in two ways: the range can use an index where the build has few months, the
    equality can join by hash where it has many.
#}
{% macro in_month(day, month) -%}
    {{ day }} >= {{ month }} and {{ day }} < ({{ month }} + interval '1 month')::date
    and date_trunc('month', {{ day }}::timestamp)::date = {{ month }}
{%- endmacro %}

{# One day of a month as a bit of a number; so sets of days are joined by `|` and intersected by `&`. #}
{% macro day_bit(day, month) -%}
    (1 << ({{ day }} - {{ month }}))
{%- endmacro %}

{% macro is_among(day, month, bits) -%}
    {{ bits }} & {{ day_bit(day, month) }} <> 0
{%- endmacro %}
