-- Of two saves that say they were known on one day, the later one speaks: a figure that was put right, or withdrawn,
-- on the day of the first is what a vintage of that day shows.
--
-- Within one save, as in a log that was loaded whole, nothing changes.

CREATE OR REPLACE FUNCTION known_cells(on_day date)
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
        SELECT k.cluster_id, k."column" AS name, k.value AS told, 1 AS rank, k.event
        FROM known k WHERE k.what = 'set'
        UNION ALL
        SELECT k.cluster_id, k.valued, k.value, 1, k.event
        FROM known k WHERE k.valued IS NOT NULL AND k.value IS NOT NULL
        UNION ALL
        SELECT k.cluster_id, k.dated, k.valid_on, 1, k.event
        FROM known k WHERE k.dated IS NOT NULL AND length(k.valid_on) = 10 AND COALESCE(k.qualifier, '') <> 'by'
        UNION ALL
        SELECT k.cluster_id, of_kind.name, 'true', 1, k.event
        FROM known k
        JOIN (VALUES ('established', 'established'), ('detailed_plan', 'detailed_plan_approved'))
             AS of_kind (what, name) ON of_kind.what = k.what
        UNION ALL
        SELECT k.cluster_id, 'established_year', left(k.valid_on, 4), 1, k.event
        FROM known k WHERE k.what = 'established' AND COALESCE(k.qualifier, '') <> 'by'
        UNION ALL
        -- The furthest that events lead, unless a status was set.
        SELECT k.cluster_id, 'status', k.status,
               CASE k.status WHEN 'operating' THEN 0 WHEN 'under_construction' THEN -1 ELSE -2 END, k.event
        FROM known k WHERE k.status IS NOT NULL
    )
    SELECT DISTINCT ON (c.cluster_id, c.name)
           c.cluster_id, c.name, c.told, k.basis, k.source, k.recorded_on, k.qualifier
    FROM cells c JOIN known k USING (event)
    ORDER BY c.cluster_id, c.name, c.rank DESC, k.recorded DESC, k.revision DESC, k.valid DESC,
             CASE WHEN c.told ~ '^[+-]?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?$' THEN c.told::double precision END
                 DESC NULLS LAST,
             c.event DESC
$$;
