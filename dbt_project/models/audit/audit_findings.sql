{{ config(materialized='candidate', contract={'enforced': true}) }}

with split_days as (

    select
        client_id,
        month,
        date_day,
        'split' as "check",
        'blocking' as severity,
        conversion_family || ': the account has ' || in_account
        || ', its campaigns ' || in_campaigns as detail
    from {{ ref('audit_split_days') }}

),

control_totals as (

    select
        client_id,
        month,
        null::date as date_day,
        'control_totals' as "check",
        'blocking' as severity,
        metric || ': the account has ' || total || ', its campaigns ' || part as detail
    from {{ ref('audit_control_totals') }}

),

grain as (

    select
        client_id,
        month,
        date_day,
        'grain' as "check",
        'blocking' as severity,
        detail
    from {{ ref('audit_grain') }}

),

gaps as (

    select
        client_id,
        month,
        date_day,
        'gap' as "check",
        'warning' as severity,
        reason || coalesce(': ' || detail, '') as detail
    from {{ ref('audit_missing_days') }}

),

suspected_gaps as (

    select
        client_id,
        month,
        date_day,
        'suspected_gap' as "check",
        'warning' as severity,
        'Meta answered with nothing between days of delivery' as detail
    from {{ ref('audit_suspected_gaps') }}

),

final as (

    select * from split_days
    union all
    select * from control_totals
    union all
    select * from grain
    union all
    select * from gaps
    union all
    select * from suspected_gaps

)

select * from final
