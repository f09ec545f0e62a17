{# Rows of this test are client-months that ended and are not whole, each with its reason. The newest month is the running one. #}
{% test months_are_whole(model, last_months) %}
with newest as (
    select max(month) as month from {{ model }}
)

select states.client_id, states.month, states.incomplete_reason
from {{ model }} as states
cross join newest
where
    states.month < newest.month
    and states.month >= newest.month - make_interval(months => {{ last_months }})
    and not states.is_complete
{% endtest %}
