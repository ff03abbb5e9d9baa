-- Three roles of a register, for a DBA to read, change and grant: GRANT clusters_geo_editor TO an;
--
-- Run with the schema of the register first on the search_path, by its owner, who may create roles.
-- __SCHEMA__ is that schema. Roles belong to the whole server: those that are there already stay as they are.

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['clusters_geo_reader', 'clusters_geo_editor', 'clusters_geo_owner'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
END $$;

-- Readers see all of it.
GRANT USAGE ON SCHEMA __SCHEMA__ TO clusters_geo_reader, clusters_geo_editor, clusters_geo_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA __SCHEMA__ TO clusters_geo_reader, clusters_geo_editor, clusters_geo_owner;

-- Editors change clusters and say which columns there are. History is written by the triggers alone.
GRANT INSERT, UPDATE ON cluster, register_column TO clusters_geo_editor;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA __SCHEMA__ TO clusters_geo_editor;

-- Owners delete clusters, load units and run migrations.
GRANT ALL ON ALL TABLES IN SCHEMA __SCHEMA__ TO clusters_geo_owner;
GRANT ALL ON ALL SEQUENCES IN SCHEMA __SCHEMA__ TO clusters_geo_owner;
