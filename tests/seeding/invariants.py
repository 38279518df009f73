"""What must be true of any database of ours, each as a query that finds the rows which break it.

Most of these also stand as constraints, triggers or guards; here they are asked of whole data, from outside.
"""

BOOKED = "('selected','in_documentation','ready_to_travel','travelling','active')"
WENT = "('active','left_employment','whereabouts_unknown','status_changed','ended','ended_early','return_overdue')"
BACK = "('returned','recall_offered','in_reintegration')"

INVARIANTS: dict[str, str] = {
    # --- People -----------------------------------------------------------------------------------------------------
    "nobody is under the minimum age at the start of a booked stay": f"""
        SELECT e.number FROM programmes_enrolment e JOIN programmes_person p ON p.id = e.person_id
        WHERE e.status IN {BOOKED} AND age(e.planned_start, p.birth_date) < interval '18 years'""",
    "every person has consent from before the first case": """
        SELECT e.number FROM programmes_enrolment e WHERE NOT EXISTS (
            SELECT 1 FROM programmes_consent c WHERE c.person_id = e.person_id AND c.given_on <= e.registered_on)""",
    "from selection on the worker agreed that the employer sees the data": f"""
        SELECT e.number FROM programmes_enrolment e WHERE e.status IN {BOOKED} AND NOT EXISTS (
            SELECT 1 FROM programmes_consent c WHERE c.person_id = e.person_id AND 'sharing_employer' = ANY(c.purposes)
            AND c.withdrawn_at IS NULL AND (c.expires_on IS NULL OR c.expires_on >= %(today)s))""",
    "the words of a name are those of all its parts, and the dictionary knows each of them": """
        SELECT p.id FROM programmes_person p WHERE name_tokens <> iomcase_tokens(
            VARIADIC ARRAY[given_names, first_surname, second_surname, married_name, native_name] || aliases::text[])
        OR EXISTS (SELECT FROM unnest(name_tokens) word
            WHERE NOT EXISTS (SELECT FROM programmes_nametoken t WHERE t.text = word))""",
    # --- Cases ------------------------------------------------------------------------------------------------------
    "one case of a person per season, void and given-up ones apart": """
        SELECT person_id FROM programmes_enrolment WHERE status NOT IN ('void_duplicate','withdrawn','expired')
        GROUP BY person_id, season_id HAVING count(*) > 1""",
    "a person is booked once at any date": f"""
        SELECT a.number FROM programmes_enrolment a JOIN programmes_enrolment b
          ON a.person_id = b.person_id AND a.id < b.id
         AND daterange(a.planned_start, a.planned_end, '[]') && daterange(b.planned_start, b.planned_end, '[]')
        WHERE a.status IN {BOOKED} AND b.status IN {BOOKED}""",
    "the office runs the programme": """
        SELECT e.number FROM programmes_enrolment e WHERE NOT EXISTS (SELECT 1 FROM programmes_programme_offices o
            WHERE o.programme_id = e.programme_id AND o.office_id = e.office_id)""",
    "the season belongs to the programme": """
        SELECT e.number FROM programmes_enrolment e JOIN programmes_season s ON s.id = e.season_id
        WHERE s.programme_id <> e.programme_id""",
    "dates come in the order of life": """
        SELECT number FROM programmes_enrolment
        WHERE departed_on < registered_on OR arrived_on < departed_on OR returned_on < arrived_on
           OR closed_on < registered_on OR closed_on < returned_on""",
    "nothing has happened in the future": """
        SELECT number FROM programmes_enrolment
        WHERE greatest(registered_on, departed_on, arrived_on, returned_on, closed_on) > %(today)s""",
    "abroad means departed and arrived": f"""
        SELECT number FROM programmes_enrolment
        WHERE status IN {WENT} AND (departed_on IS NULL OR arrived_on IS NULL OR returned_on IS NOT NULL)""",
    "back means returned": f"SELECT number FROM programmes_enrolment WHERE status IN {BACK} AND returned_on IS NULL",
    "closed means reason, day and where from": """
        SELECT number FROM programmes_enrolment WHERE status = 'closed'
        AND (closure_reason = '' OR closed_on IS NULL OR closed_from = '')""",
    "a recalled worker has a next case, and only then": """
        SELECT e.number FROM programmes_enrolment e WHERE e.closure_reason = 'recalled'
        AND NOT EXISTS (SELECT 1 FROM programmes_enrolment n WHERE n.previous_id = e.id)""",
    "a next case is the same person's, in a later season": """
        SELECT n.number FROM programmes_enrolment n JOIN programmes_enrolment e ON e.id = n.previous_id
        JOIN programmes_season sn ON sn.id = n.season_id JOIN programmes_season se ON se.id = e.season_id
        WHERE n.person_id <> e.person_id OR sn.starts_on <= se.starts_on OR n.registered_on < e.closed_on""",
    "case numbers count without a gap beyond the counter": """
        SELECT c.prefix FROM programmes_casenumber c
        JOIN programmes_enrolment e ON e.number LIKE c.prefix || '-%%'
        GROUP BY c.prefix, c.last HAVING max(right(e.number, 5)::int) > c.last""",
    # --- The diary --------------------------------------------------------------------------------------------------
    "the last move in the diary says where the case stands": """
        SELECT e.number FROM programmes_enrolment e JOIN LATERAL (
            SELECT to_status FROM programmes_caseevent v
            WHERE v.enrolment_id = e.id AND v.kind = 'move' AND v.subject = 'enrolment'
            ORDER BY at DESC, id DESC LIMIT 1) last ON true WHERE last.to_status <> e.status""",
    "each move begins where the one before ended": """
        SELECT enrolment_id FROM (
            SELECT enrolment_id, from_status, lag(to_status) OVER (PARTITION BY enrolment_id ORDER BY at, id) AS before
            FROM programmes_caseevent WHERE kind = 'move' AND subject = 'enrolment') m
        WHERE before IS NOT NULL AND before <> from_status""",
    "every case tells of its opening, on its day": """
        SELECT e.number FROM programmes_enrolment e LEFT JOIN programmes_caseevent v
          ON v.enrolment_id = e.id AND v.what = 'registered' WHERE v.id IS NULL OR v."on" <> e.registered_on""",
    "nothing is recorded before it happened": """
        SELECT id FROM programmes_caseevent WHERE (at AT TIME ZONE 'UTC')::date < "on" """,
    "moves that need a reason have one": """
        SELECT id FROM programmes_caseevent WHERE kind = 'move' AND subject = 'enrolment' AND reason = ''
        AND to_status IN ('ineligible','withdrawn','void_duplicate','suspended','refused','unfit','no_show',
            'turned_back','ended_early','left_employment','deceased','reopened','closed')""",
    # --- Positions --------------------------------------------------------------------------------------------------
    "a demand has exactly the positions it asks for once it is approved": """
        SELECT d.number FROM programmes_jobdemand d
        WHERE d.status IN ('approved','open','partly_filled','filled','closed','cancelled','expired')
        AND d.positions <> (SELECT count(*) FROM programmes_position p WHERE p.demand_id = d.id)""",
    "one live selection on a position": """
        SELECT position_id FROM programmes_selection WHERE released_on IS NULL
        GROUP BY position_id HAVING count(*) > 1""",
    "whoever is booked holds a position of a demand of the season": f"""
        SELECT e.number FROM programmes_enrolment e WHERE e.status IN {BOOKED} AND NOT EXISTS (
            SELECT 1 FROM programmes_selection s JOIN programmes_position p ON p.id = s.position_id
            JOIN programmes_jobdemand d ON d.id = p.demand_id
            WHERE s.enrolment_id = e.id AND s.released_on IS NULL AND d.season_id = e.season_id)""",
    "the position stands where its case does": """
        SELECT e.number, p.status FROM programmes_selection s JOIN programmes_position p ON p.id = s.position_id
        JOIN programmes_enrolment e ON e.id = s.enrolment_id WHERE s.released_on IS NULL AND NOT (
            (e.status = 'selected' AND p.status IN ('reserved','offered'))
            OR (e.status IN ('in_documentation','refused','ready_to_travel','travelling','turned_back')
                AND p.status = 'accepted')
            OR (e.status IN ('active','left_employment') AND p.status = 'occupied')
            OR (e.status IN ('whereabouts_unknown','status_changed','ended','ended_early','return_overdue','returned',
                'recall_offered','in_reintegration','deceased','reopened') AND p.status = 'vacated'))""",
    "a vacant position is held by nobody": """
        SELECT p.id FROM programmes_position p JOIN programmes_selection s ON s.position_id = p.id
        WHERE s.released_on IS NULL AND p.status = 'vacant'""",
    "a demand's state follows its positions": """
        SELECT d.number, d.status FROM programmes_jobdemand d JOIN LATERAL (
            SELECT count(*) FILTER (WHERE p.status IN ('accepted','occupied','vacated')) AS given
            FROM programmes_position p WHERE p.demand_id = d.id) g ON true
        WHERE d.status IN ('open','partly_filled','filled') AND d.status <>
            CASE WHEN g.given >= d.positions THEN 'filled' WHEN g.given > 0 THEN 'partly_filled' ELSE 'open' END""",
    "demands claim no more than their authorisation, inside its dates and of the programme's kind": """
        SELECT a.number FROM programmes_authorisation a JOIN programmes_jobdemand d ON d.authorisation_id = a.id
        JOIN programmes_season s ON s.id = d.season_id JOIN programmes_programme p ON p.id = s.programme_id
        WHERE d.status IN ('submitted','under_review','approved','open','partly_filled','filled','closed')
        GROUP BY a.id, p.authorisation_kind
        HAVING sum(d.positions) > a.positions OR min(d.starts_on) < a.valid_from OR max(d.ends_on) > a.valid_until
            OR a.kind <> p.authorisation_kind""",
    "a demand lies inside its season and asks for at least the programme's batch": """
        SELECT d.number FROM programmes_jobdemand d JOIN programmes_season s ON s.id = d.season_id
        LEFT JOIN programmes_rulevalue r ON r.programme_id = s.programme_id AND r.key = 'minimum_batch'
        WHERE d.starts_on < s.starts_on OR d.ends_on > s.ends_on
           OR d.positions < coalesce((r.value #>> '{}')::int, 1)""",
    "stays are as long as the programme allows": """
        SELECT d.number FROM programmes_jobdemand d JOIN programmes_season s ON s.id = d.season_id
        LEFT JOIN programmes_rulevalue l ON l.programme_id = s.programme_id AND l.key = 'max_stay_months'
        LEFT JOIN programmes_rulevalue m ON m.programme_id = s.programme_id AND m.key = 'min_stay_months'
        WHERE d.ends_on >= d.starts_on + coalesce((l.value #>> '{}')::int, 999) * interval '1 month'
           OR d.ends_on < d.starts_on + coalesce((m.value #>> '{}')::int, 0) * interval '1 month' - interval '1 day'""",
    # --- Ready to travel ----------------------------------------------------------------------------------------------
    "ready and travelling workers have every document, valid long enough": """
        SELECT e.number, r.code FROM programmes_enrolment e JOIN programmes_requirement r
          ON r.programme_id = e.programme_id AND r.stage = 'ready_to_travel' AND r.kind = 'document' AND r.active
        WHERE e.status IN ('ready_to_travel','travelling') AND NOT EXISTS (
            SELECT 1 FROM programmes_document d WHERE d.person_id = e.person_id AND d.type = r.code
            AND d.status IN ('verified','expiring') AND (d.expires_on IS NULL OR d.expires_on >=
                e.planned_end + coalesce(r.margin_months, 6) * interval '1 month'))""",
    "they have a medical, permit, contract, orientation and ticket": """
        SELECT e.number FROM programmes_enrolment e WHERE e.status IN ('ready_to_travel','travelling') AND NOT (
            EXISTS (SELECT 1 FROM programmes_medical m WHERE m.enrolment_id = e.id
                AND m.status IN ('fit','fit_conditions') AND m.valid_until >= e.planned_end)
            AND EXISTS (SELECT 1 FROM programmes_permit p WHERE p.enrolment_id = e.id AND p.status = 'approved'
                AND p.valid_from <= e.planned_start AND p.valid_until >= e.planned_end)
            AND EXISTS (SELECT 1 FROM programmes_contract c WHERE c.enrolment_id = e.id AND c.status = 'signed_all'
                AND c.employer_signed_on <= c.starts_on)
            AND EXISTS (SELECT 1 FROM programmes_orientation o WHERE o.enrolment_id = e.id)
            AND EXISTS (SELECT 1 FROM programmes_trip t WHERE t.enrolment_id = e.id AND t.cancelled_on IS NULL))""",
    "a contract stands on the case's own selection": """
        SELECT c.id FROM programmes_contract c JOIN programmes_selection s ON s.id = c.selection_id
        WHERE s.enrolment_id <> c.enrolment_id""",
    # --- Abroad and back ----------------------------------------------------------------------------------------------
    "placements of one person do not overlap": """
        SELECT a.id FROM programmes_placement a JOIN programmes_placement b ON a.person_id = b.person_id AND a.id < b.id
        WHERE daterange(a.starts_on, coalesce(a.ended_on, a.ends_on), '[]')
           && daterange(b.starts_on, coalesce(b.ended_on, b.ends_on), '[]')""",
    "a running placement belongs to a worker at work": """
        SELECT p.id FROM programmes_placement p JOIN programmes_enrolment e ON e.id = p.enrolment_id
        WHERE (p.status = 'started') <> (e.status IN ('active','left_employment'))""",
    "whoever arrived has a placement, inside permit and authorisation": """
        SELECT e.number FROM programmes_enrolment e LEFT JOIN programmes_placement p ON p.enrolment_id = e.id
        LEFT JOIN programmes_permit v ON v.enrolment_id = e.id AND v.status = 'approved'
        WHERE e.arrived_on IS NOT NULL
          AND (p.id IS NULL OR v.id IS NULL OR p.starts_on < v.valid_from OR p.ends_on > v.valid_until)""",
    "check-ins lie inside the placement": """
        SELECT c.id FROM programmes_checkin c JOIN programmes_placement p ON p.id = c.placement_id
        JOIN programmes_enrolment e ON e.id = p.enrolment_id
        WHERE c."on" < e.arrived_on OR c."on" > coalesce(p.ended_on, %(today)s)""",
    "a returned worker has a confirmed return of that day": f"""
        SELECT e.number FROM programmes_enrolment e LEFT JOIN programmes_return r ON r.enrolment_id = e.id
        WHERE e.status IN {BACK}
          AND (r.id IS NULL OR r.status <> 'arrived_confirmed' OR r.arrived_on <> e.returned_on)""",
    "an overdue return was planned more than a week ago": """
        SELECT e.number FROM programmes_enrolment e JOIN programmes_return r ON r.enrolment_id = e.id
        WHERE e.status = 'return_overdue' AND r.planned_on > %(today)s - 8""",
    "a case in reintegration has one, with three follow-ups": """
        SELECT e.number FROM programmes_enrolment e WHERE e.status = 'in_reintegration' AND (
            NOT EXISTS (SELECT 1 FROM programmes_reintegration r WHERE r.enrolment_id = e.id AND r.status <> 'closed')
            OR (SELECT count(*) FROM programmes_followup f WHERE f.enrolment_id = e.id) <> 3)""",
    # --- Steps --------------------------------------------------------------------------------------------------------
    "a case that is over has nothing left to do": """
        SELECT e.number FROM programmes_enrolment e JOIN programmes_step s ON s.enrolment_id = e.id
        WHERE s.done_at IS NULL AND NOT e.is_open""",
    "the next step on the case is its earliest open one": """
        SELECT e.number, e.next_due_on, first.due_on FROM programmes_enrolment e LEFT JOIN LATERAL (
            SELECT due_on FROM programmes_step s WHERE s.enrolment_id = e.id AND s.done_at IS NULL
            ORDER BY due_on LIMIT 1) first ON true WHERE e.next_due_on IS DISTINCT FROM first.due_on
           OR (e.next_step = '') <> (first.due_on IS NULL)""",
    "an open case has something to do": """
        SELECT e.number, e.status FROM programmes_enrolment e
        WHERE e.is_open AND e.next_due_on IS NULL AND e.status NOT IN ('reopened','in_reintegration')""",
    # --- Row history --------------------------------------------------------------------------------------------------
    "every case has its history": """
        SELECT e.number FROM programmes_enrolment e WHERE NOT EXISTS (
            SELECT 1 FROM programmes_enrolmentevent h WHERE h.pgh_obj_id = e.id AND h.pgh_label = 'insert')""",
}


def broken(cursor, *, today) -> dict[str, list]:
    """Invariants that do not hold, with at most five of the rows that break each."""
    found = {}
    for name, query in INVARIANTS.items():
        # A literal %% is for patterns; queries without a parameter still go through the same formatting.
        cursor.execute(f"SELECT * FROM ({query}) AS broken LIMIT 5", {"today": today})
        rows = cursor.fetchall()
        if rows:
            found[name] = rows
    return found
