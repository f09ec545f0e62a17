{# The months that a month is compared with: the words in the names of columns, and how long before it they are. #}
{% macro compared_months() -%}
    {{ return({'previous_month': '1 month', 'previous_year': '1 year'}) }}
{%- endmacro %}

{#
    The sums of the days of an earlier month that have the same numbers as the received days of the month `c`. The last
    day of a month stands for all later days of a longer one before, so that whole months are compared as wholes. There
    is no row where one of these days was not received. Months that are whole need no days: their sums are there.
#}
{% macro same_days(months, period) -%}
    left join lateral (
        select
            coalesce(sum(d.spend), 0) as spend,
            case when count(*) = count(d.conversions) then coalesce(sum(d.conversions), 0) end
                as conversions
        from {{ published('daily_campaign_performance') }} as d
        where
            d.client_id = {{ months }}.client_id
            and d.month = {{ months }}.{{ period }}
            and d.currency = {{ months }}.currency
            and {{ same_day(months, 'd.date_day - d.month') }} = any({{ months }}.received_days)
        having
            {{ months }}.received_days_{{ period }} is not null
            and not {{ are_whole(months, period) }}
            and not exists (
                select from
                    generate_series(0, {{ days_of(months ~ '.' ~ period) }} - 1) as g (n)
                where
                    {{ same_day(months, 'g.n') }} = any({{ months }}.received_days)
                    and not {{ months }}.{{ period }} + g.n = any({{ months }}.received_days_{{ period }})
            )
    ) as same_days_{{ period }} on true
{%- endmacro %}

{# The day of the month `months` that stands for day number `n` (from 0) of an earlier one. #}
{% macro same_day(months, n) -%}
    {{ months }}.month + least({{ n }}, {{ days_of(months ~ '.month') }} - 1)
{%- endmacro %}

{% macro days_of(month) -%}
    (({{ month }} + interval '1 month')::date - {{ month }})
{%- endmacro %}

{% macro are_whole(months, period) -%}
    (
        cardinality({{ months }}.received_days) = {{ days_of(months ~ '.month') }}
        and cardinality({{ months }}.received_days_{{ period }}) = {{ days_of(months ~ '.' ~ period) }}
    )
{%- endmacro %}

{# The columns that compare the measure with the earlier month: in per cent, and the same days. #}
{% macro compared(months, measure, period) -%}
    {%- set change = '(' ~ months ~ '.' ~ measure ~ ' - ' ~ months ~ '.' ~ measure ~ '_' ~ period ~ ')' -%}
    {%- set same = measure ~ '_' ~ period ~ '_same_days' -%}
    {%- set same_change = '(' ~ months ~ '.' ~ measure ~ ' - ' ~ months ~ '.' ~ same ~ ')' -%}
    {{ ratio(change, months ~ '.' ~ measure ~ '_' ~ period, 100) }}
            as {{ measure }}_change_to_{{ period }}_percent,
        {{ months }}.{{ same }},
        {{ same_change }} as {{ measure }}_change_to_{{ period }}_same_days,
        {{ ratio(same_change, months ~ '.' ~ same, 100) }}
            as {{ measure }}_change_to_{{ period }}_same_days_percent
{%- endmacro %}
