-- What changes when the totals do: the running month and the latest publication.
select
    date_trunc('month', ops.business_now())::date as month,
    (select max(publication_id) from ops.publications) as publication_id
