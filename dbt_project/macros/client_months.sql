{# The name at the month's end; for the running month the one of today. #}
{% macro client_name_of_month(months) -%}
    coalesce(
        (
            select n.name from {{ source('ops', 'client_names') }} as n
            where
                n.client_id = {{ months }}.client_id
                and n.since <= least(
                    {{ months }}.last_day,
                    (ops.business_now() at time zone {{ months }}.zone)::date
                )
            order by n.since desc
            limit 1
        ),
        {{ months }}.client_name
    )
{%- endmacro %}

{# A sentence for people, null where the month is published with every owed day. #}
{% macro incomplete_reason(months) -%}
    case
        when {{ months }}.publication_id is not null and cardinality({{ months }}.missing_days) = 0 then null
        else concat(
            case
                when {{ months }}.publication_id is not null then 'Received '
                else 'Nothing is published: '
                    || coalesce(
                        'the latest build left the month out ('
                        || {{ left_out_of(months) }} || '); ',
                        ''
                    )
                    || 'received '
            end,
            {{ months }}.days_owed - cardinality({{ months }}.missing_days),
            ' of ', {{ months }}.days_owed, ' due days',
            case
                when cardinality({{ months }}.missing_days) > 0
                    then concat(
                        ', not ', {{ months }}.missing_days[1],
                        case
                            when cardinality({{ months }}.missing_days) > 1
                                then concat(
                                    ' to ',
                                    {{ months }}.missing_days[cardinality({{ months }}.missing_days)]
                                )
                        end,
                        ' (', {{ attempts_of_missing_days(months) }}, ')'
                    )
            end,
            '.'
        )
    end
{%- endmacro %}

{# Why the latest finished build with the client-month did not publish it. #}
{% macro left_out_of(months) -%}
    (
        select b.left_out from {{ source('ops', 'build_client_months') }} as b
        inner join {{ source('ops', 'builds') }} as r on b.build_id = r.build_id
        where
            b.client_id = {{ months }}.client_id
            and b.month = {{ months }}.month
            and r.state in ('published', 'unchanged', 'rolled_back')
            and r.finished_at <= ops.known_until()
        order by b.build_id desc
        limit 1
    )
{%- endmacro %}

{# How the last attempts to collect the missing days ended, the most frequent first: `2 refused: …; 1 never asked`. #}
{% macro attempts_of_missing_days(months) -%}
    (
        select string_agg(concat(a.days, ' ', a.attempt, ': ' || left(a.reason, 200)), '; ' order by a.days desc, a.attempt, a.reason)
        from (
            select
                coalesce(r.state, 'never asked') as attempt,
                r.reason,
                count(*) as days
            from unnest({{ months }}.missing_days) as d (date_day)
            left join lateral (
                select
                    k.state,
                    k.reason
                from {{ source('ops', 'all_receipts') }} as k
                where
                    k.client_id = {{ months }}.client_id
                    and k.level = 'campaign'
                    and k.date_day = d.date_day
                    and k.state in ('refused', 'failed')
                    and k.received_at <= ops.known_until()
                order by k.receipt_id desc
                limit 1
            ) as r on true
            group by 1, 2
        ) as a
    )
{%- endmacro %}
