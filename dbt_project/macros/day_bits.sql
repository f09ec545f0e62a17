{# Days of a month as one number: its first day is the lowest bit, so sets of days are joined by `|` and `&`. #}
{% macro day_bit(day, month) -%}
    (1 << ({{ day }} - {{ month }}))
{%- endmacro %}

{# Whether a day is among the days of a number. #}
{% macro is_among(day, month, bits) -%}
    {{ bits }} & {{ day_bit(day, month) }} <> 0
{%- endmacro %}
