-- Amounts in two currencies must not be added up.
with days as (

    select
        client_id,
        month,
        min(currency) as currency,
        max(currency) as other_currency
    from (
        select
            client_id,
            month,
            currency
        from {{ ref('candidate_daily_account_performance') }}
        union all
        select
            client_id,
            month,
            currency
        from {{ ref('candidate_daily_campaign_performance') }}
    ) as amounts
    group by client_id, month

),

preceding as (

    select distinct on (d.client_id, d.month)
        d.client_id,
        d.month,
        p.month as month_before,
        p.currency
    from days as d
    inner join {{ published_before('monthly_campaign_metrics') }} as p
        on
            d.client_id = p.client_id
            and p.month >= (d.month - interval '3 months')::date
            and d.month > p.month
    order by d.client_id asc, d.month asc, p.month desc

),

final as (

    select
        d.client_id,
        d.month,
        d.currency <> d.other_currency as is_within_month,
        'amounts in ' || d.currency || case
            when d.currency <> d.other_currency then ' and ' || d.other_currency
            else '; in ' || to_char(b.month_before, 'YYYY-MM') || ' they were in ' || b.currency
        end as detail
    from days as d
    left join preceding as b on d.client_id = b.client_id and d.month = b.month
    where d.currency <> d.other_currency or d.currency <> b.currency

)

select * from final
