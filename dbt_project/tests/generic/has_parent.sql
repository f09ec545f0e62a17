{# Every row has its row in another model, by all the columns of the key together. #}
{% test has_parent(model, columns, to, parent_columns=none) %}

    select {{ columns | join(', ') }}
    from {{ model }} as child
    where not exists (
        select 1 from {{ to }} as parent
        where
            {% for name, parent_name in zip(columns, parent_columns or columns) -%}
            {{ 'and ' if not loop.first }}child.{{ name }} = parent.{{ parent_name }}
            {% endfor %}
    )

{% endtest %}
