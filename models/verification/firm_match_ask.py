from collections import defaultdict

from odoo import api, models

from .firm_match_score import WEIGHTS

MAX_MATCHES = 20


class FirmMatchAsk(models.AbstractModel):
    """What the user may know of what the matcher found, and whom to ask for the rest."""

    _name = "firm.match.ask"
    _description = "Matches that a User May Know"

    @api.model
    def _describe(self, found, limit=MAX_MATCHES):
        """Turn what was found into what the user may know of it, see `find_matches`."""
        found = self._filter_of_companies(found)
        scores = {key: self._get_score(reasons) for key, reasons in found.items()}
        ranked = sorted(scores, key=lambda key: (-scores[key], key[0] == "crm.lead", -key[1]))[:limit]
        ids_by_model = defaultdict(list)
        for model, res_id in ranked:
            ids_by_model[model].append(res_id)
        records, readable = {}, set()
        for model, ids in ids_by_model.items():
            # Everything is looked at to tell that it exists; what the user may not read gives nothing but a name to ask.
            records_sudo = self.env[model].sudo().with_context(active_test=False).browse(ids).exists()
            records |= {(model, record_sudo.id): record_sudo for record_sudo in records_sudo}
            allowed = self.env[model].with_context(active_test=False).browse(records_sudo.ids)._filtered_access("read")
            readable |= {(model, res_id) for res_id in allowed.ids}
        manager = None
        matches = []
        labels = self._get_reason_labels()
        for key in ranked:
            record_sudo = records.get(key)
            if record_sudo is None:
                continue
            model, res_id = key
            reasons = sorted(found[key], key=lambda reason: -WEIGHTS[reason])
            match = {
                "model": model,
                "id": res_id,
                "reasons": reasons,
                "reason_text": ", ".join(labels[reason] for reason in reasons),
                "score": scores[key],
                "certainty": self._get_certainty(scores[key]),
                "ask": False,
            }
            if key in readable:
                match |= record_sudo._prepare_match_values()
            else:
                user = self._get_user_to_ask(record_sudo, self.env.companies)
                if not user:
                    manager = self._get_manager(self.env.company) if manager is None else manager
                    user = manager
                match |= {
                    "id": None,
                    "display_name": record_sudo._get_match_generic_name(),
                    "state": False,
                    "state_text": "",
                    "is_company": None,
                    "partner_id": False,
                    "ask": {"id": user.id, "name": user.name} if user else False,
                }
            matches.append(match)
        return matches

    @api.model
    def _filter_of_companies(self, found):
        """Leave out what belongs to a company the user is not at work in: not even that it exists is told."""
        ids_by_model = defaultdict(list)
        for model, res_id in found:
            ids_by_model[model].append(res_id)
        known = set()
        for model, ids in ids_by_model.items():
            # Only the company is looked at, before anything is told.
            records_sudo = self.env[model].sudo().with_context(active_test=False)
            path = "company_id" if "company_id" in records_sudo._fields else "lead_id.company_id"
            of_companies = [(path, "in", [*self.env.companies.ids, False])]
            known |= {(model, res_id) for res_id in records_sudo.search([("id", "in", ids), *of_companies]).ids}
        return {key: reasons for key, reasons in found.items() if key in known}

    @api.model
    def _get_user_to_ask(self, record_sudo, companies):
        """Return who of those who know a record is still there and works in one of the companies: can be asked for it.

        :return: `res.users`, the first of them, or empty: a manager has to be asked
        """
        return record_sudo._get_match_users().filtered(lambda user: user.active and user.company_ids & companies)[:1]

    @api.model
    def _get_manager(self, company):
        """Return a manager of the company who can be asked, an empty `res.users` without any."""
        return self.env["res.users"]._choose_managers("crm.lead", company)[:1]
