from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import ormcache


class _Opening(frozenset):
    """Names of fields that a method of ours writes. Held by this module alone: a context that comes by RPC holds JSON
    values, none of which is one of these."""


class FirmGuardedFields(models.AbstractModel):
    """Stored states are written by their methods, and by nobody who can merely reach `write`.

    Protected is every stored field of ours that is `readonly=True`, and what the model adds in `_firm_protected_fields`.
    `write`, `create`, `web_save`, `load` and commands of relations refuse them; defaults by context or by a user's own
    default values are not asked for them. Methods open what they write, and nothing else, by `_write_protected`.

    The guard applies to people, whatever their rights. The superuser passes: jobs, installation and updates, demo data and
    tests, and `sudo()`, which in this addon comes after a check and never carries values that a person has sent. A server
    action runs as the person who starts it, so it is refused like any other script.

    Comes first in the order of inheritance: it judges what was sent, not what other parts of the model add to it.
    """

    _name = "firm.guarded.fields"
    _description = "Fields Written by Their Methods"

    # Protected besides those that are read only: field -> key of `_get_firm_doors`, which says what to do instead.
    # For a field that is read only it gives the key, too.
    _firm_protected_fields = {}
    # Protected on records that exist, anybody's to say of a new one
    _firm_protected_later = frozenset()
    # What an import of old data brings along: field -> group that may give it with a new record
    _firm_fields_of_old_data = {}
    # Nobody puts a record into a company they cannot enter
    _firm_own_companies_only = True

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            fnames = vals.keys() - self._firm_protected_later - self._get_fields_of_old_data()
            self._check_protected_fields(fnames, "create")
            self._check_own_company(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_protected_fields(vals.keys())
        self._check_own_company(vals)
        return super().write(vals)

    def copy(self, default=None):
        """Refuse what `create` would refuse; the values of a copy that Odoo makes itself are its own."""
        self._check_protected_fields((default or {}).keys(), "create")
        copies = super(FirmGuardedFields, self._open_fields(self._get_protected_fields())).copy(default)
        return copies.with_env(self.env)

    @api.model
    def default_get(self, fields):
        """Take the defaults of protected fields from the model, never from the context or from a user's default values."""
        protected = self._get_protected_fields() - self._firm_protected_later
        defaults = super().default_get(fields)
        for fname in protected.intersection(defaults):
            field = self._fields[fname]
            del defaults[fname]
            if field.default:
                value = field.convert_to_cache(field.default(self), self, validate=False)
                defaults[fname] = field.convert_to_write(value, self)
        return defaults

    def _write_protected(self, vals):
        """Write protected fields, the only way for methods that do not run as superuser. The values are the method's own.

        :param dict vals: as `write` takes them
        """
        return self._open_fields(vals).write(vals)

    def _open_fields(self, fnames):
        """Return the records with these fields open for what Odoo's own methods write."""
        return self.with_context(crm_firm_opening=_Opening(fnames))

    def _is_opened(self, fname):
        """Return whether a method of ours has opened the field."""
        opening = self.env.context.get("crm_firm_opening")
        return isinstance(opening, _Opening) and fname in opening

    @api.model
    @ormcache()
    def _get_protected_fields(self):
        return frozenset(
            field.name
            for field in self._fields.values()
            if field.store
            and (
                field.name in self._firm_protected_fields
                or (field.readonly and field.type not in ("one2many", "many2many") and "crm_firm" in field._modules)
            )
        )

    @api.model
    def _get_fields_of_old_data(self):
        return {fname for fname, group in self._firm_fields_of_old_data.items() if self.env.user.has_group(group)}

    def _check_protected_fields(self, fnames, operation="write"):
        """Refuse what only methods write.

        :param str operation: `create` or `write`
        :raise UserError: names the fields that are protected, and says what to do instead
        :raise AccessError: the user may not create or write at all
        """
        if self.env.su:
            return
        closed = {fname for fname in self._get_protected_fields() & fnames if not self._is_opened(fname)}
        if not closed:
            return
        self.check_access(operation)
        labels = self.sudo().fields_get(closed, ["string"])  # names of fields, also of those that are not shown
        doors = self._get_firm_doors()
        hints = {doors.get(self._firm_protected_fields.get(fname), doors[None]) for fname in closed}
        raise UserError(
            self.env._(
                "These fields cannot be changed directly: %(fields)s. %(hints)s",
                fields=", ".join(sorted(f"{label['string']} ({fname})" for fname, label in labels.items())),
                hints=" ".join(sorted(hints)),
            )
        )

    @api.model
    def _get_firm_doors(self):
        """Return what to do instead of writing a protected field: dict key -> sentence; None: of all that have no key."""
        return {None: self.env._("They are set automatically.")}

    @api.model
    def _check_own_company(self, vals):
        """:raise AccessError: a company that the user cannot enter"""
        company_id = vals.get("company_id")
        if not company_id or self.env.su or not self._firm_own_companies_only or "company_id" not in self._fields:
            return
        if company_id not in self.env.user.company_ids.ids:
            raise AccessError(self.env._("Choose a company that you have access to."))
