-- Optional: a commune or district edits the clusters of its own unit, and reads all.
--
-- INSERT INTO editor_unit VALUES ('an', 'Bát Tràng'); lets the role `an` edit the clusters whose commune or
-- district is written so. Run with the schema of the register first on the search_path, after roles.sql.

CREATE TABLE IF NOT EXISTS editor_unit (
    role name NOT NULL,
    unit text NOT NULL,
    PRIMARY KEY (role, unit)
);
COMMENT ON TABLE editor_unit IS 'Which role edits the clusters of which commune or district.';
GRANT SELECT ON editor_unit TO clusters_geo_reader, clusters_geo_editor, clusters_geo_owner;
GRANT ALL ON editor_unit TO clusters_geo_owner;

ALTER TABLE cluster ENABLE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS all_read ON cluster;
CREATE POLICY all_read ON cluster FOR SELECT USING (true);

DROP POLICY IF EXISTS owners_write ON cluster;
CREATE POLICY owners_write ON cluster USING (pg_has_role(current_user, 'clusters_geo_owner', 'member'));

DROP POLICY IF EXISTS units_insert ON cluster;
CREATE POLICY units_insert ON cluster FOR INSERT WITH CHECK (
    EXISTS (SELECT FROM editor_unit e WHERE e.role = current_user AND e.unit IN (commune, district))
);

DROP POLICY IF EXISTS units_update ON cluster;
CREATE POLICY units_update ON cluster FOR UPDATE USING (
    EXISTS (SELECT FROM editor_unit e WHERE e.role = current_user AND e.unit IN (commune, district))
);
