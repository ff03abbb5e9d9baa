-- Styles for QGIS, in the table where QGIS looks for them, as QGIS itself creates it. One for the whole
-- database; clusters-geo writes rows of its own table `cluster` only.

CREATE TABLE IF NOT EXISTS public.layer_styles (
    id serial PRIMARY KEY,
    f_table_catalog varchar,
    f_table_schema varchar,
    f_table_name varchar,
    f_geometry_column varchar,
    stylename text,
    styleqml xml,
    stylesld xml,
    useasdefault boolean,
    description text,
    owner varchar(63) DEFAULT CURRENT_USER,
    ui xml,
    update_time timestamp DEFAULT CURRENT_TIMESTAMP,
    type varchar
);
ALTER TABLE public.layer_styles ADD COLUMN IF NOT EXISTS type varchar;
