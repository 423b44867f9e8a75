from odoo import api, models

# How much each reason says that two records are one person or company; several reasons add up.
WEIGHTS = {
    "linked": 1.0,
    "vat": 0.98,
    "email": 0.9,
    "phone": 0.8,
    "name": 0.6,
    "domain": 0.4,
    "similar": 0.4,
    "part": 0.25,
}
# From here on a person has to look: it may be one of them.
POSSIBLE = 40
# Below this a match is a hint: it is shown, nothing is compared with it or proposed by it.
LIKELY = 50
# As sure as a VAT number or an e-mail address: nothing to choose any more
CERTAIN = 85


class FirmMatchScore(models.AbstractModel):
    """How sure it is that two records are one person or company."""

    _name = "firm.match.score"
    _description = "Score of Matches"

    @api.model
    def _get_score(self, reasons):
        doubt = 1.0
        for reason in reasons:
            doubt *= 1 - WEIGHTS[reason]
        return round(100 * (1 - doubt))

    @api.model
    def _get_certainty(self, score):
        if score >= CERTAIN:
            return self.env._("Certain")
        return self.env._("Likely") if score >= LIKELY else self.env._("Possible")

    @api.model
    def _get_reason_labels(self):
        return {
            "linked": self.env._("linked to the request"),
            "vat": self.env._("same VAT number"),
            "email": self.env._("same e-mail"),
            "phone": self.env._("same phone"),
            "name": self.env._("same name"),
            "domain": self.env._("same company e-mail domain"),
            "similar": self.env._("similar name"),
            "part": self.env._("part of the name"),
        }
