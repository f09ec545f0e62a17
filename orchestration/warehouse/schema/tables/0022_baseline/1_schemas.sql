-- Where rows live, on their way from Meta to the analysts; comments/schemas.sql says what each is.
create schema if not exists ops;
create schema landing;
create schema staging;
create schema quarantine;
create schema intermediate;
create schema candidate;
create schema audit;
create schema published;
create schema history;
create schema marts;
create schema as_of;
create schema marts_as_of;
create schema serving;
