-- Batches whose answer was an export of Ads Manager and not Meta's API.
create table ops.imports (
    batch_id bigint primary key references ops.batches,
    file_name text not null,
    sha256 text not null,
    names_conversions boolean not null,
    imported_by text not null
);
-- routines 0b302e9c3edcf594
