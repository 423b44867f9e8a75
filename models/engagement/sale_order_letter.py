from odoo import api, fields, models
from odoo.exceptions import UserError

# Held by this module alone: a context that comes by RPC holds JSON values and can never equal it.
_LETTER_TOKEN = object()

SIGNATURE_FIELDS = {"signature", "signed_by", "signed_on"}
# What is signed, and what would make it binding or take it back by another way
FROZEN_FIELDS = {
    *("state", "locked", "partner_id", "company_id", "currency_id", "pricelist_id", "fiscal_position_id", "payment_term_id"),
    *("note", "validity_date", "require_signature", "require_payment", "prepayment_percent", "sale_order_template_id"),
    *("amount_untaxed", "amount_tax", "amount_total"),
}
FROZEN_LINE_FIELDS = {
    *("product_id", "product_template_id", "name", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids"),
    *("display_type", "order_id", "is_optional", "is_downpayment", "extra_tax_data"),
    *("price_subtotal", "price_tax", "price_total"),
}
FROZEN_STATES = ("sent", "partly_signed", "signed", "superseded")
BINDING_STATES = ("draft", *FROZEN_STATES)
ENDED_STATES = ("refused", "expired", "withdrawn", "cancelled")


class SaleOrderLetter(models.AbstractModel):
    """An order that an engagement letter stands on: the order keeps prices and invoicing, the letter what is signed.

    Odoo's own ways to sign, confirm and change such an order are closed, to everybody and to the superuser: its portal
    works as superuser for whoever has the link. Orders without a letter are as Odoo has them.
    """

    _name = "sale.order.letter"
    _description = "Order: engagement letter"

    letter_ids = fields.One2many("firm.engagement.letter", "order_id", string="Engagement Letters", copy=False)

    def _by_letter(self):
        """Return the orders open to what their letter does. The caller has checked the right to it."""
        return self.with_context(crm_firm_letter_token=_LETTER_TOKEN)

    def _is_by_letter(self):
        return self.env.context.get("crm_firm_letter_token") is _LETTER_TOKEN

    def _get_letters(self, states):
        # Whether there is a letter is no secret to whoever may change the order.
        return self.sudo().letter_ids.filtered(lambda letter: letter.state in states)

    def _check_not_frozen(self):
        """:raise UserError: a letter of the orders has been sent"""
        if not self._is_by_letter() and (letters := self._get_letters(FROZEN_STATES)):
            raise UserError(
                self.env._(
                    "This order is part of the engagement letter %s, which has been sent: make a new version of it.",
                    letters[0].name,
                )
            )

    def _check_state_is_theirs(self):
        """:raise UserError: a letter of the orders says what their state is: one that waits, or one that is over"""
        if self._is_by_letter():
            return
        if letters := self._get_letters(ENDED_STATES):
            raise UserError(
                self.env._("The engagement letter %s of this order is over: prepare a new letter instead.", letters[0].name)
            )
        if letters := self._get_letters(("draft",)):
            raise UserError(self.env._("The engagement letter %s decides on this order: send or cancel it.", letters[0].name))

    def write(self, vals):
        self.check_access("write")  # what is refused below tells of a letter
        if any(vals.get(name) for name in SIGNATURE_FIELDS) and self.sudo().letter_ids:  # that there is one is no secret
            raise UserError(self.env._("This order is signed by its engagement letter, in no other way."))
        if vals.keys() & FROZEN_FIELDS:
            self._check_not_frozen()
        if "state" in vals:
            self._check_state_is_theirs()
        return super().write(vals)

    def action_confirm(self):
        """Refuse to confirm what waits for a signature, unless the firm starts work unsigned, or for an identification."""
        self.check_access("write")
        if not self._is_by_letter():
            letters = self._get_letters(("draft", *FROZEN_STATES))
            letters._check_identified()
            held = letters.filtered("awaits_identification")
            for letter in held:
                letter._start_waiting_letters()  # confirms the order, too
            if held:
                return (self - held.order_id).action_confirm() if self - held.order_id else True
        waiting = self._get_letters(("draft", "sent", "partly_signed"))
        if waiting and not self._is_by_letter():
            if not self._may_start_unsigned():
                raise UserError(
                    self.env._(
                        "The engagement letter %s is not signed yet: the order is confirmed by its signature.", waiting[0].name
                    )
                )
            for letter in waiting:
                letter._lock()
                letter._log_start({"user_id": self.env.uid})
            return super(SaleOrderLetter, self._by_letter()).action_confirm()
        return super().action_confirm()

    def _may_start_unsigned(self):
        is_allowed = all(self.sudo().company_id.mapped("crm_firm_letter_unsigned"))  # a setting
        return is_allowed and not self.env.su and self.env.user.has_group("sales_team.group_sale_manager")

    def action_unlock(self):
        self.check_access("write")
        self._check_not_frozen()
        return super().action_unlock()

    def action_quotation_send(self):
        """Send the letter, not the bare quotation beside it."""
        self.check_access("write")
        if letters := self._get_letters([state for state in BINDING_STATES if state != "superseded"]):
            raise UserError(self.env._("Send the engagement letter %s instead.", letters[0].name))
        return super().action_quotation_send()

    def _has_to_be_signed(self):
        return False if self._get_letters(BINDING_STATES) else super()._has_to_be_signed()

    def _has_to_be_paid(self):
        return False if self._get_letters(("draft", "sent", "partly_signed")) else super()._has_to_be_paid()

    def _can_be_edited_on_portal(self):
        return False if self._get_letters(BINDING_STATES) else super()._can_be_edited_on_portal()

    def action_view_letter(self):
        """Open the letter of the order."""
        self.ensure_one()
        return self.letter_ids[:1]._get_form_action()


class SaleOrderLineLetter(models.AbstractModel):
    """A line of an order that an engagement letter stands on."""

    _name = "sale.order.line.letter"
    _description = "Order Line: engagement letter"

    def _check_not_frozen(self):
        # Invoices add and change lines of down payments: these agree nothing, their quantity is none.
        self.filtered(lambda line: not line.is_downpayment or line.product_uom_qty).order_id._check_not_frozen()

    def _follow_services(self):
        self.order_id._get_letters(("draft",))._follow_services()

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_not_frozen()
        lines._follow_services()
        return lines

    def write(self, vals):
        self.check_access("write")
        is_frozen = vals.keys() & FROZEN_LINE_FIELDS
        if is_frozen:
            self._check_not_frozen()
        result = super().write(vals)
        if is_frozen:
            self._check_not_frozen()  # neither what it was nor what it became
        if vals.keys() & {"product_id", "order_id"}:
            self._follow_services()
        return result

    def unlink(self):
        self.check_access("unlink")
        orders = self.order_id
        self._check_not_frozen()
        result = super().unlink()
        orders.exists()._get_letters(("draft",))._follow_services()
        return result
