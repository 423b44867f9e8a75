from odoo import fields, models

# Fees that are counted together, in the order in which a letter tells them
TOTAL_KINDS = ("fixed", "monthly", "hourly", "percentage")


class Frozen(dict):
    """What a version is made of, on the way to its PDF: a context that comes by RPC holds JSON values and never one of these."""


class FirmEngagementContent(models.AbstractModel):
    """What a letter says, as plain data: form, page, PDF and evidence are made of the same."""

    _name = "firm.engagement.content"
    _description = "Content of an Engagement Letter"

    def _get_lang(self):
        """Return the code of the language the letter is in: the client's, else the firm's."""
        self.ensure_one()
        return self.partner_id.lang or self.company_id._get_crm_firm_lang()

    def _get_content(self):
        """Return what is shown of the letter: of a draft what it says now, else what was sent."""
        frozen = self.env.context.get("crm_firm_letter_frozen")
        if isinstance(frozen, Frozen):
            return frozen
        if self.state != "draft" and self.current_version_id:
            return self.current_version_id.sudo()._get_content()  # of the letter that the user may read
        return self._prepare_content()

    def _is_being_frozen(self):
        return isinstance(self.env.context.get("crm_firm_letter_frozen"), Frozen)

    def _prepare_content(self):
        """Return all that is agreed: dicts, lists, strings, numbers of days and booleans, amounts as strings.

        Nothing in it changes by itself, so that the same letter gives the same bytes.
        """
        self.ensure_one()
        letter = self.with_context(lang=self._get_lang())
        order = letter.order_id
        return {
            "letter": letter.name,
            "language": letter._get_lang(),
            "currency": order.currency_id.name,
            "firm": letter._prepare_party(letter.company_id.partner_id),
            "client": letter._prepare_party(letter.partner_id.commercial_partner_id),
            "area": letter.practice_area_id.name or "",
            "services": letter._prepare_services(),
            "general": letter._prepare_scope(self.env["product.template"]),
            "totals": letter._prepare_totals(),
            "clauses": [
                {"code": clause.code, "title": clause.name, "text": clause.text, "version": clause.version}
                for clause in letter.clause_ids.sorted()
            ],
        } | letter._prepare_terms()

    def _prepare_terms(self):
        """Return what stands on the letter itself, of all that is agreed."""
        signers = self.signer_ids.sorted()
        return {
            "subject": self.subject or "",
            "special_terms": self.special_terms or "",
            "is_consumer": self.client_is_consumer,
            "concluded": self.concluded,
            "has_withdrawal": self._has_withdrawal(),
            "signers": [{"name": signer.name, "vat": signer.vat or "", "capacity": signer.capacity} for signer in signers],
            "signing_order": self.signing_order,
            "needs_code": self.needs_code,
            "replaces": self.replaces_id.name or "",
            "valid_until": fields.Date.to_string(self._get_valid_until()),
        }

    def _prepare_party(self, partner):
        address_format, values = partner._prepare_display_address(without_company=True)
        if not partner.country_id:  # who names none is of here, where addresses are written as here
            address_format = self.company_id.country_id.address_format or address_format
        lines = (address_format % values).split("\n")
        return {
            "name": partner.name or "",
            "vat": partner.vat or "",
            "address": ", ".join(filter(None, (" ".join(line.split()) for line in lines))),
            "email": partner.email or "",
            "phone": partner.phone or "",
        }

    def _prepare_services(self):
        order = self.order_id
        amount = self._format_content_amount
        return [
            {
                "name": line.product_id.name or line.name,
                "details": line.name if line.name != line.product_id.display_name else "",
                "fee_kind": line.fee_kind or "fixed",
                "basis": line.fee_basis or "",
                "quantity": f"{line.product_uom_qty:g}",
                "unit_price": amount(line.price_unit),
                "discount": f"{line.discount:g}",
                "untaxed": amount(line.price_subtotal),
                "taxes": line.tax_ids.mapped("name"),
            }
            | self._prepare_scope(line.product_id.product_tmpl_id)
            for line in order.order_line.filtered(lambda line: not line.display_type)
        ]

    def _prepare_scope(self, service):
        scopes = self.scope_ids.filtered(lambda scope: scope.product_tmpl_id == service).sorted()
        return {kind: [scope.text for scope in scopes if scope.kind == kind] for kind in ("included", "excluded")}

    def _prepare_totals(self):
        """Return the sums of each kind of fee: a monthly fee is never added to one that is paid once."""
        lines = self.order_id.order_line.filtered(lambda line: not line.display_type)
        totals = []
        for kind in TOTAL_KINDS:
            of_kind = lines.filtered(lambda line, kind=kind: (line.fee_kind or "fixed") == kind)
            if of_kind and (kind != "percentage" or sum(of_kind.mapped("price_total"))):
                untaxed, total = sum(of_kind.mapped("price_subtotal")), sum(of_kind.mapped("price_total"))
                amount = self._format_content_amount
                totals.append(
                    {"fee_kind": kind, "untaxed": amount(untaxed), "tax": amount(total - untaxed), "total": amount(total)}
                )
        return totals

    def _format_content_amount(self, value):
        return f"{value:.{self.order_id.currency_id.decimal_places}f}"
