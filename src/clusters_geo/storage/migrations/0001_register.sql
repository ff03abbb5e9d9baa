-- The register: clusters as they are, and the log of how they came to be so.
--
-- Run in one transaction with the schema of the register first on the search_path; see docs/register.md.
-- Every statement can be read and run by hand. __SRID__ is the EPSG code that `register init --crs` chose.

CREATE TABLE schema_version (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE schema_version IS 'Migrations that have been run, with the SHA-256 of their text.';

-- A save is a revision: who, when, from which file.
CREATE TABLE revision (
    revision bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by text NOT NULL DEFAULT session_user,
    program text NOT NULL DEFAULT current_setting('application_name'),
    file text,
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id() UNIQUE
);
COMMENT ON TABLE revision IS 'Each transaction that changed the register.';

CREATE TABLE cluster (
    cluster_id text PRIMARY KEY CHECK (cluster_id <> ''),
    name text NOT NULL CHECK (name <> ''),
    name_en text,
    province text,
    district text,
    commune text,
    status text CHECK (status IN ('operating', 'under_construction', 'pending')),
    planned_ha double precision CHECK (planned_ha BETWEEN 0 AND 1.7976931348623157e308),
    established_ha double precision CHECK (established_ha BETWEEN 0 AND 1.7976931348623157e308),
    built_ha double precision CHECK (built_ha BETWEEN 0 AND 1.7976931348623157e308),
    leasable_ha double precision CHECK (leasable_ha BETWEEN 0 AND 1.7976931348623157e308),
    ready_ha double precision CHECK (ready_ha BETWEEN 0 AND 1.7976931348623157e308),
    leased_ha double precision CHECK (leased_ha BETWEEN 0 AND 1.7976931348623157e308),
    approved_ha double precision CHECK (approved_ha BETWEEN 0 AND 1.7976931348623157e308),
    registered_ha double precision CHECK (registered_ha BETWEEN 0 AND 1.7976931348623157e308),
    roads_ha double precision CHECK (roads_ha BETWEEN 0 AND 1.7976931348623157e308),
    green_ha double precision CHECK (green_ha BETWEEN 0 AND 1.7976931348623157e308),
    technical_ha double precision CHECK (technical_ha BETWEEN 0 AND 1.7976931348623157e308),
    services_ha double precision CHECK (services_ha BETWEEN 0 AND 1.7976931348623157e308),
    craft_ha double precision CHECK (craft_ha BETWEEN 0 AND 1.7976931348623157e308),
    speciality_ha double precision CHECK (speciality_ha BETWEEN 0 AND 1.7976931348623157e308),
    fill_rate_declared double precision CHECK (fill_rate_declared BETWEEN 0 AND 1),
    investor text,
    investor_kind text CHECK (investor_kind IN ('enterprise', 'public_unit', 'cooperative', 'other')),
    approved_capital_bn_vnd double precision CHECK (approved_capital_bn_vnd BETWEEN 0 AND 1.7976931348623157e308),
    paid_capital_bn_vnd double precision CHECK (paid_capital_bn_vnd BETWEEN 0 AND 1.7976931348623157e308),
    projects bigint CHECK (projects >= 0),
    fdi_projects bigint CHECK (fdi_projects >= 0),
    active_projects bigint CHECK (active_projects >= 0),
    investor_revenue_bn_vnd double precision CHECK (investor_revenue_bn_vnd BETWEEN 0 AND 1.7976931348623157e308),
    investor_budget_bn_vnd double precision CHECK (investor_budget_bn_vnd BETWEEN 0 AND 1.7976931348623157e308),
    investor_workers bigint CHECK (investor_workers >= 0),
    investor_income_m_vnd double precision CHECK (investor_income_m_vnd BETWEEN 0 AND 1.7976931348623157e308),
    infrastructure_complete boolean,
    wastewater_started boolean,
    wastewater_compliant boolean,
    enterprises bigint CHECK (enterprises >= 0),
    revenue_bn_vnd double precision CHECK (revenue_bn_vnd BETWEEN 0 AND 1.7976931348623157e308),
    budget_bn_vnd double precision CHECK (budget_bn_vnd BETWEEN 0 AND 1.7976931348623157e308),
    workers bigint CHECK (workers >= 0),
    income_m_vnd double precision CHECK (income_m_vnd BETWEEN 0 AND 1.7976931348623157e308),
    craft_village boolean,
    mountainous boolean,
    speciality text,
    listed_on date,
    decision text,
    established_on date,
    detailed_plan text,
    detailed_plan_on date,
    project_approved_on date,
    site_cleared_on date,
    land_allocated_on date,
    scheduled_start_on date,
    scheduled_completion_on date,
    ground_broken_on date,
    opened_on date,
    operating_on date,
    in_plan boolean,
    established boolean,
    established_year bigint CHECK (established_year >= 0),
    detailed_plan_approved boolean,
    project_approved boolean,
    specialised boolean,
    source text,
    source_as_of text,
    as_of date,
    note text,
    note_vi text,
    geometry geometry(Geometry, __SRID__),
    -- How a figure was obtained, where it is published, when, and how it is worded, by column.
    notes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(notes) = 'object'),
    -- Columns of the office's own, by name; their kinds stand in register_column.
    extra jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
    place bigint GENERATED BY DEFAULT AS IDENTITY,
    revision bigint REFERENCES revision (revision),
    build_out_rate double precision GENERATED ALWAYS AS (built_ha / NULLIF(planned_ha, 0)) STORED,
    fill_rate double precision GENERATED ALWAYS AS (leased_ha / NULLIF(leasable_ha, 0)) STORED,
    planned_ha_basis text GENERATED ALWAYS AS (notes -> 'planned_ha' ->> 'basis') STORED
);
CREATE INDEX cluster_geometry ON cluster USING gist (geometry);
CREATE INDEX cluster_district ON cluster (district);
CREATE INDEX cluster_commune ON cluster (commune);
COMMENT ON TABLE cluster IS 'Cụm công nghiệp / Industrial clusters';
COMMENT ON COLUMN cluster.cluster_id IS 'Mã cụm / Cluster id';
COMMENT ON COLUMN cluster.name IS 'Tên cụm công nghiệp / Industrial cluster';
COMMENT ON COLUMN cluster.name_en IS 'Tên tiếng Anh / English name';
COMMENT ON COLUMN cluster.province IS 'Tỉnh, thành phố / Province';
COMMENT ON COLUMN cluster.district IS 'Quận, huyện, thị xã / District';
COMMENT ON COLUMN cluster.commune IS 'Phường, xã, thị trấn / Commune';
COMMENT ON COLUMN cluster.status IS 'Tình trạng / Status';
COMMENT ON COLUMN cluster.planned_ha IS 'Diện tích theo quy hoạch (ha) / Planned area (ha)';
COMMENT ON COLUMN cluster.established_ha IS 'Diện tích theo quyết định thành lập (ha) / Area of the establishment decision (ha)';
COMMENT ON COLUMN cluster.built_ha IS 'Diện tích đã đầu tư xây dựng hạ tầng (ha) / Built area (ha)';
COMMENT ON COLUMN cluster.leasable_ha IS 'Đất công nghiệp (ha) / Industrial land (ha)';
COMMENT ON COLUMN cluster.ready_ha IS 'Đất công nghiệp đủ điều kiện cho thuê (ha) / Industrial land ready for lease (ha)';
COMMENT ON COLUMN cluster.leased_ha IS 'Đất công nghiệp đã cho thuê (ha) / Leased industrial land (ha)';
COMMENT ON COLUMN cluster.approved_ha IS 'Đất đã chấp thuận đầu tư, chưa thuê (ha) / Land approved, not yet leased (ha)';
COMMENT ON COLUMN cluster.registered_ha IS 'Nhu cầu thuê đất đã đăng ký (ha) / Registered demand for land (ha)';
COMMENT ON COLUMN cluster.roads_ha IS 'Đất giao thông (ha) / Roads (ha)';
COMMENT ON COLUMN cluster.green_ha IS 'Đất cây xanh (ha) / Green land (ha)';
COMMENT ON COLUMN cluster.technical_ha IS 'Đất hạ tầng kỹ thuật (ha) / Technical land (ha)';
COMMENT ON COLUMN cluster.services_ha IS 'Đất dịch vụ, kho bãi (ha) / Services and warehousing (ha)';
COMMENT ON COLUMN cluster.craft_ha IS 'Đất công nghiệp cho cơ sở làng nghề (ha) / Industrial land for craft producers (ha)';
COMMENT ON COLUMN cluster.speciality_ha IS 'Đất công nghiệp cho ngành chuyên (ha) / Industrial land for the speciality (ha)';
COMMENT ON COLUMN cluster.fill_rate_declared IS 'Tỷ lệ lấp đầy (khai báo) / Fill rate as stated';
COMMENT ON COLUMN cluster.investor IS 'Chủ đầu tư hạ tầng / Infrastructure investor';
COMMENT ON COLUMN cluster.investor_kind IS 'Loại chủ đầu tư / Kind of investor';
COMMENT ON COLUMN cluster.approved_capital_bn_vnd IS 'Tổng mức đầu tư được duyệt / Approved capital';
COMMENT ON COLUMN cluster.paid_capital_bn_vnd IS 'Vốn lũy kế đã thanh toán / Paid capital, cumulative';
COMMENT ON COLUMN cluster.projects IS 'Dự án đã thuê đất / Projects that lease land';
COMMENT ON COLUMN cluster.fdi_projects IS 'Dự án có vốn đầu tư nước ngoài / Foreign-invested projects';
COMMENT ON COLUMN cluster.active_projects IS 'Dự án đang hoạt động / Active projects';
COMMENT ON COLUMN cluster.investor_revenue_bn_vnd IS 'Doanh thu dự án hạ tầng / Revenue, infrastructure project';
COMMENT ON COLUMN cluster.investor_budget_bn_vnd IS 'Nộp ngân sách, dự án hạ tầng / Budget, infrastructure project';
COMMENT ON COLUMN cluster.investor_workers IS 'Lao động, dự án hạ tầng / Workers, infrastructure project';
COMMENT ON COLUMN cluster.investor_income_m_vnd IS 'Thu nhập bình quân, dự án hạ tầng / Mean income, infrastructure project';
COMMENT ON COLUMN cluster.infrastructure_complete IS 'Hạ tầng dùng chung đã hoàn thành / Shared infrastructure complete';
COMMENT ON COLUMN cluster.wastewater_started IS 'Đã hoặc đang đầu tư xử lý nước thải / Wastewater plant under way or done';
COMMENT ON COLUMN cluster.wastewater_compliant IS 'Xử lý nước thải đạt tiêu chuẩn / Wastewater plant compliant';
COMMENT ON COLUMN cluster.enterprises IS 'Doanh nghiệp, cơ sở / Enterprises and households';
COMMENT ON COLUMN cluster.revenue_bn_vnd IS 'Doanh thu / Revenue';
COMMENT ON COLUMN cluster.budget_bn_vnd IS 'Nộp ngân sách / Paid to the budget';
COMMENT ON COLUMN cluster.workers IS 'Lao động / Workers';
COMMENT ON COLUMN cluster.income_m_vnd IS 'Thu nhập bình quân / Mean income';
COMMENT ON COLUMN cluster.craft_village IS 'Cụm làng nghề / Craft-village cluster';
COMMENT ON COLUMN cluster.mountainous IS 'Địa bàn miền núi / In a mountainous district';
COMMENT ON COLUMN cluster.speciality IS 'Ngành chuyên / Speciality';
COMMENT ON COLUMN cluster.listed_on IS 'Ngày vào quy hoạch / Listed on';
COMMENT ON COLUMN cluster.decision IS 'Quyết định thành lập / Establishment decision';
COMMENT ON COLUMN cluster.established_on IS 'Ngày thành lập / Established on';
COMMENT ON COLUMN cluster.detailed_plan IS 'Quyết định quy hoạch chi tiết / Detailed-plan decision';
COMMENT ON COLUMN cluster.detailed_plan_on IS 'Ngày duyệt quy hoạch chi tiết / Detailed plan approved on';
COMMENT ON COLUMN cluster.project_approved_on IS 'Ngày duyệt dự án hạ tầng / Infrastructure project approved on';
COMMENT ON COLUMN cluster.site_cleared_on IS 'Ngày xong giải phóng mặt bằng / Site cleared on';
COMMENT ON COLUMN cluster.land_allocated_on IS 'Ngày giao đất / Land allocated on';
COMMENT ON COLUMN cluster.scheduled_start_on IS 'Khởi công theo kế hoạch / Start scheduled for';
COMMENT ON COLUMN cluster.scheduled_completion_on IS 'Hoàn thành theo kế hoạch / Completion scheduled for';
COMMENT ON COLUMN cluster.ground_broken_on IS 'Ngày khởi công / Ground broken on';
COMMENT ON COLUMN cluster.opened_on IS 'Ngày tiếp nhận dự án / Open to producers on';
COMMENT ON COLUMN cluster.operating_on IS 'Ngày hoạt động / Operating since';
COMMENT ON COLUMN cluster.in_plan IS 'Có trong phương án phát triển / In the development plan';
COMMENT ON COLUMN cluster.established IS 'Đã thành lập / Established';
COMMENT ON COLUMN cluster.established_year IS 'Năm thành lập / Year established';
COMMENT ON COLUMN cluster.detailed_plan_approved IS 'Đã duyệt quy hoạch chi tiết / Detailed plan approved';
COMMENT ON COLUMN cluster.project_approved IS 'Đã duyệt dự án hạ tầng / Infrastructure project approved';
COMMENT ON COLUMN cluster.specialised IS 'Cụm chuyên ngành / Specialised cluster';
COMMENT ON COLUMN cluster.source IS 'Nguồn / Source';
COMMENT ON COLUMN cluster.source_as_of IS 'Thời điểm của nguồn / Date of the source';
COMMENT ON COLUMN cluster.as_of IS 'Thời điểm / As of';
COMMENT ON COLUMN cluster.note IS 'Ghi chú / Note';
COMMENT ON COLUMN cluster.note_vi IS 'Ghi chú tiếng Việt / Vietnamese note';
COMMENT ON COLUMN cluster.geometry IS 'Ranh giới / Outline';
COMMENT ON COLUMN cluster.notes IS 'Cơ sở, nguồn của từng số liệu / basis, source, as_of, qualifier of each figure';
COMMENT ON COLUMN cluster.extra IS 'Cột riêng của đơn vị / columns of the office''s own';
COMMENT ON COLUMN cluster.build_out_rate IS 'Tỷ lệ xây dựng hạ tầng / Build-out rate';
COMMENT ON COLUMN cluster.fill_rate IS 'Tỷ lệ lấp đầy (đã cho thuê) / Fill rate (leased)';

CREATE TABLE register_column (
    name text PRIMARY KEY,
    kind text NOT NULL
        CHECK (kind IN ('declared', 'companion', 'text', 'number', 'integer', 'date', 'time', 'flag')),
    place integer NOT NULL
);
COMMENT ON TABLE register_column IS 'Columns of the tables that were saved, in their order.';

CREATE TABLE event_kind (
    what text PRIMARY KEY,
    status text CHECK (status IN ('operating', 'under_construction', 'pending')),
    dated text,
    valued text,
    vi text NOT NULL,
    en text NOT NULL
);

CREATE TABLE event (
    event bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster_id text NOT NULL,
    what text NOT NULL REFERENCES event_kind (what),
    "column" text,
    value text,
    unit text,
    valid_on text NOT NULL CHECK (valid_on ~ '^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$'),
    recorded_on text NOT NULL CHECK (recorded_on ~ '^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$'),
    basis text,
    qualifier text,
    source text NOT NULL,
    file text,
    cell text,
    who text NOT NULL DEFAULT session_user,
    before text,
    revision bigint NOT NULL REFERENCES revision (revision),
    CHECK (what <> 'set' OR "column" IS NOT NULL)
);
CREATE INDEX event_of_cluster ON event (cluster_id, revision);
COMMENT ON TABLE event IS 'What happened to a cluster, for which day it holds, since when it is known.';

CREATE TABLE outline (
    cluster_id text NOT NULL,
    revision bigint NOT NULL REFERENCES revision (revision),
    valid_on text NOT NULL,
    recorded_on text NOT NULL,
    geometry geometry(Geometry, __SRID__),
    PRIMARY KEY (cluster_id, revision)
);
CREATE INDEX outline_geometry ON outline USING gist (geometry);
COMMENT ON TABLE outline IS 'Outlines as they were drawn, one a change.';

CREATE TABLE unit (
    code text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    level text NOT NULL CHECK (level IN ('province', 'district', 'commune')),
    parent text,
    valid_from date NOT NULL DEFAULT '-infinity',
    valid_to date NOT NULL DEFAULT 'infinity',
    geometry geometry(Geometry, __SRID__),
    PRIMARY KEY (code, valid_from)
);
CREATE INDEX unit_geometry ON unit USING gist (geometry);
COMMENT ON TABLE unit IS 'Đơn vị hành chính / Administrative units';

-- ---------------------------------------------------------------------------------------------- history

-- The revision of the transaction under way, made on first use; QGIS and psql get one as clusters-geo does.
CREATE FUNCTION current_revision() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    found bigint;
BEGIN
    SELECT r.revision INTO found FROM revision r WHERE r.transaction = pg_current_xact_id();
    IF found IS NULL THEN
        INSERT INTO revision (file, sha256)
        VALUES (
            NULLIF(current_setting('clusters_geo.file', true), ''),
            NULLIF(current_setting('clusters_geo.sha256', true), '')
        )
        RETURNING revision.revision INTO found;
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION stamp_cluster() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    NEW.revision := current_revision();
    RETURN NEW;
END $$;

CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON cluster FOR EACH ROW EXECUTE FUNCTION stamp_cluster();

-- Each cell that changed becomes an event; what a cell was before is kept beside what it is.
CREATE FUNCTION record_cluster() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    apart text[] := ARRAY['cluster_id', 'geometry', 'notes', 'extra', 'place', 'revision', 'as_of',
                          'build_out_rate', 'fill_rate', 'planned_ha_basis'];
    old_cells jsonb := '{}';
    old_notes jsonb := '{}';
    new_cells jsonb;
    said_on text;
    origin text := COALESCE(NULLIF(current_setting('clusters_geo.file', true), ''),
                            current_setting('application_name'), '');
    who text := COALESCE(NULLIF(current_setting('clusters_geo.who', true), ''), session_user);
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO event (cluster_id, what, valid_on, recorded_on, source, who, revision)
        VALUES (OLD.cluster_id, 'dropped', current_date::text, current_date::text, origin, who, current_revision());
        RETURN NULL;
    END IF;
    said_on := COALESCE(NEW.as_of, current_date)::text;
    new_cells := (to_jsonb(NEW) - apart) || NEW.extra;
    IF TG_OP = 'UPDATE' THEN
        old_cells := (to_jsonb(OLD) - apart) || OLD.extra;
        old_notes := OLD.notes;
    ELSE
        INSERT INTO event (cluster_id, what, valid_on, recorded_on, source, who, revision)
        VALUES (NEW.cluster_id, 'named', said_on, said_on, origin, who, NEW.revision);
    END IF;
    INSERT INTO event (cluster_id, what, "column", value, valid_on, recorded_on, basis, qualifier, source,
                       file, who, before, revision)
    SELECT NEW.cluster_id, 'set', key, new_cells ->> key, said_on, COALESCE(NEW.notes -> key ->> 'as_of', said_on),
           NEW.notes -> key ->> 'basis', NEW.notes -> key ->> 'qualifier',
           COALESCE(NEW.notes -> key ->> 'source', NEW.source, origin),
           NULLIF(current_setting('clusters_geo.file', true), ''), who, old_cells ->> key, NEW.revision
    FROM (SELECT jsonb_object_keys(old_cells || new_cells) AS key) AS keys
    WHERE (old_cells ->> key) IS DISTINCT FROM (new_cells ->> key)
       OR (old_notes -> key) IS DISTINCT FROM (NEW.notes -> key);
    IF TG_OP = 'INSERT' OR OLD.geometry IS DISTINCT FROM NEW.geometry
       OR ST_AsBinary(OLD.geometry) IS DISTINCT FROM ST_AsBinary(NEW.geometry) THEN
        INSERT INTO outline (cluster_id, revision, valid_on, recorded_on, geometry)
        VALUES (NEW.cluster_id, NEW.revision, said_on, said_on, NEW.geometry)
        ON CONFLICT (cluster_id, revision) DO UPDATE SET geometry = EXCLUDED.geometry;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON cluster
FOR EACH ROW EXECUTE FUNCTION record_cluster();

-- ---------------------------------------------------------------------------------------------- vintages

-- The last day that a day, a month or a year may mean.
CREATE FUNCTION last_day(day text) RETURNS date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE length(day)
        WHEN 4 THEN make_date(day::int, 12, 31)
        WHEN 7 THEN (to_date(day, 'YYYY-MM') + interval '1 month - 1 day')::date
        ELSE day::date
    END
$$;

-- Each figure that was known on a day: `SELECT * FROM known_cells('2022-09-30')`. The newest source not later
-- than the day speaks; of sources of one day that which holds for the later day, then the greater value.
CREATE FUNCTION known_cells(on_day date)
RETURNS TABLE (cluster_id text, "column" text, value text, basis text, source text, as_of text, qualifier text)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH told AS (
        SELECT e.*, k.status, k.dated, k.valued, last_day(e.recorded_on) AS recorded, last_day(e.valid_on) AS valid
        FROM event e JOIN event_kind k USING (what)
        WHERE last_day(e.recorded_on) <= on_day AND last_day(e.valid_on) <= on_day
    ),
    known AS (
        SELECT * FROM told t
        WHERE NOT EXISTS (
            SELECT FROM told g WHERE g.cluster_id = t.cluster_id AND g.what IN ('dropped', 'split', 'merged')
        )
    ),
    cells AS (
        SELECT k.cluster_id, k."column", k.value, k.basis, k.source, k.recorded_on, k.qualifier, k.recorded, k.valid, 1 AS rank, k.event
        FROM known k WHERE k.what = 'set'
        UNION ALL
        SELECT k.cluster_id, k.valued, k.value, k.basis, k.source, k.recorded_on, k.qualifier, k.recorded, k.valid, 1, k.event
        FROM known k WHERE k.valued IS NOT NULL AND k.value IS NOT NULL
        UNION ALL
        SELECT k.cluster_id, k.dated, k.valid_on, k.basis, k.source, k.recorded_on, k.qualifier, k.recorded, k.valid, 1, k.event
        FROM known k WHERE k.dated IS NOT NULL AND length(k.valid_on) = 10 AND COALESCE(k.qualifier, '') <> 'by'
        UNION ALL
        SELECT k.cluster_id, flag.name, flag.value, k.basis, k.source, k.recorded_on, k.qualifier, k.recorded, k.valid, 1, k.event
        FROM known k
        JOIN (VALUES ('established', 'established'), ('detailed_plan', 'detailed_plan_approved'))
             AS of_kind (what, name) ON of_kind.what = k.what
        CROSS JOIN LATERAL (SELECT of_kind.name, 'true' AS value) AS flag
        UNION ALL
        SELECT k.cluster_id, 'established_year', left(k.valid_on, 4), k.basis, k.source, k.recorded_on, k.qualifier, k.recorded, k.valid, 1, k.event
        FROM known k WHERE k.what = 'established' AND COALESCE(k.qualifier, '') <> 'by'
        UNION ALL
        -- The furthest that events lead, unless a status was set.
        SELECT k.cluster_id, 'status', k.status, k.basis, k.source, k.recorded_on, k.qualifier, k.recorded, k.valid,
               CASE k.status WHEN 'operating' THEN 0 WHEN 'under_construction' THEN -1 ELSE -2 END, k.event
        FROM known k WHERE k.status IS NOT NULL
    )
    SELECT DISTINCT ON (c.cluster_id, c."column")
           c.cluster_id, c."column", c.value, c.basis, c.source, c.recorded_on, c.qualifier
    FROM cells c
    ORDER BY c.cluster_id, c."column", c.rank DESC, c.recorded DESC, c.valid DESC,
             CASE WHEN c.value ~ '^[+-]?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?$' THEN c.value::double precision END
                 DESC NULLS LAST,
             c.event DESC
$$;
COMMENT ON FUNCTION known_cells(date) IS 'The register as somebody could have known it on a day, a cell a row.';
