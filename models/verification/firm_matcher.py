import re
from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize

from ...tools import match_keys, rpc_input
from .firm_match_ask import MAX_MATCHES
from .firm_match_score import LIKELY

CRITERIA = ("vat", "email", "phone", "name", "company_name")
# A key that more records share than this says nothing (Odoo's own rule for duplicates of leads).
MAX_BY_KEY = 20
# Names in one bucket that are compared word by word; common names fill it.
MAX_COMPARED = 100
SEVERAL_SLIPS = 0.6  # trigram similarity of names with an error in two words
# What is typed into one box, told apart by its looks
_PHONE = re.compile(r"\(?\+?[\d\s().\-/]{6,}")
_LABELLED_PHONE = re.compile(r"[^\W\d]+[.:\s]*\(?\+?\d[\d\s().\-/]{5,}|\(?\+?\d[\d\s().\-/]{5,}\D.*")
_VAT = re.compile(r"(?=(?:.*\d){5})[A-Za-z0-9.\-/ ]{6,}")
MAX_LOOKED_FOR = 500  # characters; no name or address is longer
KEYS_AT_ONCE = 2000  # records whose keys are stored in one go
MIN_TYPED = 3  # letters: trigrams need them, and one or two say nothing


class FirmMatcher(models.AbstractModel):
    """Who is this? Looks a person or company up among contacts and earlier requests."""

    _name = "firm.matcher"
    _inherit = ["firm.match.ask", "firm.match.score"]
    _description = "Verification of Persons and Companies"

    @api.model
    def find_matches(self, criteria, limit=MAX_MATCHES):
        """Look a person or company up by what is known of them. Fast enough to be called while somebody types.

        Archived contacts and discarded requests are found too and shown as such. A record outside the user's rights is
        told without any of its content: `id` is None, and `ask` is the user who can say more.

        :param dict criteria: any of `phone`, `email`, `vat`, `name` (a person's or a company's) and `company_name`
        :param int limit: most matches to return
        :return: list of dicts, the best first: `model` (`res.partner` or `crm.lead`), `id`, `display_name`, `reasons` (list
            of `vat`, `email`, `phone`, `name`, `domain`, `similar`, `part`), `reason_text` (the same in words), `score`
            (0 to 100), `certainty` (the score in a word), `state` (`active`, `archived`, `discarded`, `lead`, `opportunity`,
            `won`, `converted`), `state_text`, `is_company`, `partner_id` (of a lead, when it may be read) and `ask` (dict `id`,
            `name` of a user, or False)
        :raise UserError: an unknown criterion, no text to look for, or more look-ups within a minute than anybody types
        :raise AccessError: the user is nobody who takes requests
        """
        self.env["crm.lead"].check_access("read")
        self.env["firm.matcher.count"]._note_look_up()
        criteria = rpc_input.get_mapping(self.env, criteria, self.env._("What to look for"))
        unknown = set(criteria) - set(CRITERIA)
        if unknown:
            raise UserError(self.env._("Cannot be used to search for a person: %s.", ", ".join(sorted(map(str, unknown)))))
        criteria = {name: rpc_input.get_text(self.env, text, name, limit=MAX_LOOKED_FOR) for name, text in criteria.items()}
        limit = limit if isinstance(limit, int) and 0 < limit < MAX_MATCHES else MAX_MATCHES
        return self._describe(self._find(criteria, self.env.company), limit)

    @api.model
    def _find(self, criteria, company, country=None, skip_lead_ids=(), models_wanted=("res.partner", "crm.lead")):
        """Return who matches, whatever the user may see: dict `(model, id)` -> set of reasons."""
        keys = self._prepare_keys(criteria, company, country)
        found = defaultdict(set)
        if not any(keys.values()):
            return found
        rows = self.env.execute_query(self._prepare_query(keys, skip_lead_ids, models_wanted))
        by_key = defaultdict(list)
        for model, res_id, reason, names in rows:
            if reason == "names":
                reason = self._compare_any(keys["names"], (names or "").split("\n"))
                if not reason:
                    continue
            by_key[model, reason].append(res_id)
        for (model, reason), ids in by_key.items():
            # A name may be everybody's: the first ones are shown all the same, somebody may recognise the person.
            if len(ids) <= MAX_BY_KEY or reason in ("vat", "email"):
                limit = None
            else:
                limit = MAX_BY_KEY if reason in ("name", "similar") else 0
            for res_id in ids[:limit]:
                found[model, res_id].add(reason)
        if keys["names"] and "res.partner" in models_wanted and not any({"name", "similar"} & r for r in found.values()):
            for res_id in self._find_by_trigrams(keys["names"]):
                found["res.partner", res_id].add("similar")
        return found

    @api.model
    def _prepare_keys(self, criteria, company, country=None):
        country = country or company.country_id
        names = [words for fname in ("name", "company_name") for words in match_keys.get_name_spellings(criteria.get(fname))]
        phone = (criteria.get("phone") or "").strip()
        formatted = phone and self.env["res.users"]._phone_format(number=phone, country=country, force_format="E164")
        phones = [formatted] if formatted else match_keys.get_phone_numbers(phone, country.code)
        emails = match_keys.get_email_spellings(criteria.get("email"))
        return {
            "vat": match_keys.get_vat_query_keys(criteria.get("vat"), country.code),
            "email": emails,
            "domain": [domain for email in emails if (domain := match_keys.get_company_domain(email))],
            # Without the library that formats numbers, and for what is no number, the text itself is stored
            "phone": list({*phones, phone}) if phone else [],
            "names": names,
        }

    @api.model
    def _prepare_query(self, keys, skip_lead_ids, models_wanted):
        """One statement for every key of every model: each part takes its index and stops when it says nothing any more."""
        parts = []
        for model in models_wanted:
            Model = self.env[model]
            Model.flush_model(Model._get_match_field_names())
            table = SQL.identifier(Model._table)
            skip = SQL()
            if model == "crm.lead" and skip_lead_ids:
                skip = SQL("AND id != ALL(%s)", list(skip_lead_ids))
            parts += [
                # Materialized: for the sake of the limit alone the planner would read the table instead of its index.
                SQL(
                    """(WITH found AS MATERIALIZED (SELECT %s AS model, id AS res_id, %s AS reason, %s AS names FROM %s
                        WHERE %s %s) SELECT model, res_id, reason, names FROM found LIMIT %s)""",
                    model,
                    reason,
                    names,
                    table,
                    condition,
                    skip,
                    limit,
                )
                for reason, condition, names, limit in self._iterate_conditions(keys, table, Model._match_columns)
            ]
        return SQL(" UNION ALL ").join(parts) if parts else SQL("SELECT NULL, NULL, NULL, NULL WHERE FALSE")

    @api.model
    def _iterate_conditions(self, keys, table, columns):
        """Yield `(reason, condition, names, limit)` for what the columns of a table can say about the keys."""
        no_names = SQL("NULL")
        for reason in ("vat", "email", "phone"):
            if keys[reason] and reason in columns:
                condition = SQL("%s = ANY(%s)", SQL.identifier(columns[reason]), keys[reason])
                yield reason, condition, no_names, MAX_COMPARED if reason in ("vat", "email") else MAX_BY_KEY + 1
        if keys["phone"] and "other_phones" in columns:
            condition = SQL("string_to_array(%s, ' ') && %s::text[]", SQL.identifier(columns["other_phones"]), keys["phone"])
            yield "phone", condition, no_names, MAX_BY_KEY + 1
        if keys["domain"] and "domain" in columns:
            condition = SQL("%s = ANY(%s)", SQL.identifier(columns["domain"]), keys["domain"])
            # A domain is the company's: one hit for it, not one for each employee
            company_id = SQL.identifier(columns.get("domain_of", "id"))
            condition = SQL(
                "id IN (SELECT DISTINCT %s FROM (SELECT %s FROM %s WHERE %s LIMIT 500) AS same_domain)",
                company_id, company_id, table, condition,
            )  # fmt: skip
            yield "domain", condition, no_names, MAX_BY_KEY + 1
        if keys["names"]:
            same = sorted(set().union(*map(match_keys.get_same_tokens, keys["names"])))
            similar = sorted(set().union(*map(match_keys.get_similar_tokens, keys["names"])))
            names = SQL("concat_ws(E'\\n', %s)", SQL(", ").join(map(SQL.identifier, columns["names"])))
            for tokens in (same, similar):
                bucket = SQL("string_to_array(%s, ' ') && %s::text[]", SQL.identifier(columns["tokens"]), tokens)
                yield "names", bucket, names, MAX_COMPARED

    @api.model
    def _compare_any(self, names, others):
        """Return the strongest way in which one of the names meets one of the others, or None."""
        spellings = [words for other in others for words in match_keys.get_name_spellings(other)]
        best = match_keys.compare_all(names, spellings)
        return "name" if best == "same" else best

    @api.model
    def _find_by_trigrams(self, names):
        """Return contacts whose names have errors in several words; needs PostgreSQL's `pg_trgm`, else nobody."""
        # Asked only when nobody has the name or nearly so: then the words are rare and the index is quick.
        if not self.env.registry.has_trigram:
            return []
        self.env.execute_query(SQL("SELECT set_config('pg_trgm.similarity_threshold', %s, TRUE)", str(SEVERAL_SLIPS)))
        ids = []
        for words in names:
            if len(words) > 1:
                key = " ".join(words)
                ids += self.env.execute_query(
                    SQL(
                        """SELECT id FROM (SELECT id, similarity(crm_firm_name_key, %s) AS nearness FROM res_partner
                            WHERE crm_firm_name_key %% %s ORDER BY nearness DESC LIMIT 5) AS near""",
                        key,
                        key,
                    )
                )
        return [res_id for (res_id,) in ids]

    @api.model
    def _recompute_keys(self):
        """Store all keys anew, after the way they are made has changed (called by migrations)."""
        for model, fnames in (
            ("res.partner", ("crm_firm_name_key", "crm_firm_name_tokens", "crm_firm_vat_key", "crm_firm_email_domain")),
            ("crm.lead", ("name_tokens", "vat_key")),
            ("firm.opposing.party", ("name_tokens", "vat_key")),
        ):
            Model = self.env[model].sudo().with_context(active_test=False)  # keys are nobody's to see
            # A database has many; each batch is written and forgotten.  # pylint: disable-next=no-search-all
            ids = Model.search([], order="id").ids
            for start in range(0, len(ids), KEYS_AT_ONCE):
                records = Model.browse(ids[start : start + KEYS_AT_ONCE])
                for fname in fnames:
                    self.env.add_to_compute(Model._fields[fname], records)
                if "phone_sanitized" in Model._fields:
                    # What was taken for no number may be one now.
                    unread = records.filtered(lambda record: record.phone and not record.phone_sanitized)
                    self.env.add_to_compute(Model._fields["phone_sanitized"], unread)
                self.env.flush_all()
                self.env.invalidate_all()
        self._renew_fingerprints()

    @api.model
    def _renew_fingerprints(self):
        """Let verdicts count on that counted so far: who they were given for has not changed, only how it is written down."""
        for lead_sudo in self.env["firm.party.verdict"].sudo().search([]).lead_id:  # pylint: disable=no-search-all
            last_sudo = lead_sudo.party_verdict_ids.sorted(lambda verdict: (verdict.date, verdict.id))[-1]
            if lead_sudo.conflict_state == last_sudo.verdict:
                last_sudo.fingerprint = lead_sudo._get_conflict_fingerprint()

    # === WHILE SOMEBODY TYPES === #

    @api.model
    def _get_typed_criteria(self, text):
        """Say what a text typed into one box is: dict criterion -> text; empty for what is not complete yet."""
        text = " ".join(text.split())
        if "@" in text:
            return {"email": text} if email_normalize(text) else {}
        if _PHONE.fullmatch(text):
            return {"phone": text, "vat": text}  # a foreign VAT number may be all digits
        number = match_keys.strip_vat_label(text)
        vat = {"vat": number} if _VAT.fullmatch(number) else {}
        if number == text and self._is_typed_phone(text):
            return {"phone": text} | vat
        if vat:
            return vat
        return {"name": text} if len(match_keys.fold(text)) >= MIN_TYPED else {}

    @api.model
    def _is_typed_phone(self, text):
        """Tell whether a text with more than a number in it is about a number to call: “Móvil 612...”, “612... ext. 3”."""
        return bool(_LABELLED_PHONE.fullmatch(text) and match_keys.get_phone_numbers(text, self.env.company.country_id.code))

    @api.model
    def _find_typed(self, text, limit):
        """Look up what somebody is typing: a number or address when it is complete, a name from its first letters on.

        :return: list of dicts, see `find_matches`
        """
        criteria = self._get_typed_criteria(text)
        found = self._find(criteria, self.env.company)
        known = set(found)
        if "name" in criteria and len(found) < limit:
            for partner_id in self._find_by_beginnings(criteria["name"], limit):
                found["res.partner", partner_id].add("part")
        # A few letters are everybody's: what the user may not open is told for a whole name or number only.
        matches = self._describe(found, MAX_MATCHES)
        begun = {res_id for model, res_id in set(found) - known}
        readable = set(self.env["res.partner"].browse(begun)._filtered_access("read").ids) if begun else set()
        hidden = len(begun - readable)
        if hidden:
            found = {key: reasons for key, reasons in found.items() if key in known or key[1] in readable}
            matches = self._describe(found, MAX_MATCHES)
        # Who it is comes before what they asked for earlier; of a VAT number's company and its people, the company.
        matches.sort(
            key=lambda match: (
                match["model"] != "res.partner" or match["score"] < LIKELY,
                -match["score"],
                "vat" in criteria and not match["is_company"],
            )
        )
        return matches[:limit]

    @api.model
    def _find_by_beginnings(self, text, limit):
        """Return active contacts whose names have, for each word typed, a word that begins so."""
        # Particles, titles and legal forms are not stored; what may become one of them, "d", is waited for.
        words = [word for word in match_keys.get_name_words(text) if word.isalnum() and len(word) >= MIN_TYPED]
        if not words or not self.env.registry.has_trigram:
            return []
        Partner = self.env["res.partner"]
        Partner.flush_model(["crm_firm_name_key", "active"])
        # A regular expression of \m (beginning of a word) takes the trigram index; words hold letters and digits only.
        beginnings = SQL(" AND ").join(SQL("crm_firm_name_key ~ %s", rf"\m{word}") for word in words)
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM (SELECT id, crm_firm_name_key FROM res_partner WHERE active AND %s LIMIT %s) AS begun
                    ORDER BY crm_firm_name_key, id LIMIT %s""",
                beginnings,
                MAX_COMPARED,
                limit,
            )
        )
        return [res_id for (res_id,) in rows]
