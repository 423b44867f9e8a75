"""Nobody learns the name of a request, a case or of what hangs on one by pointing at it.

Odoo shows the name of what a record points to to whoever reads that record: computed as superuser, with or without a
right to it, from a number somebody typed. So here, for every model of every addon: nobody links to what they may not
read (`_check_links`), and of links that others made they read no name (`_get_closed_names`).
"""

from collections import defaultdict

from odoo import api, models
from odoo.tools import ormcache

from .crm_lead_access import GUARDED
from .ir_rule import SEEN_AS_LEAD
from .ir_rule_portal import OF_CASE

# What is named after a client or carries what was said to one
NAMED = frozenset({*GUARDED, *SEEN_AS_LEAD, *OF_CASE, "firm.mail.quarantine", "firm.mail.received"})
# What belongs to anything: the fields of the model and the id of what it belongs to
BELONGING = {
    "ir.attachment": ("res_model", "res_id"),
    "mail.activity": ("res_model", "res_id"),
    "mail.followers": ("res_model", "res_id"),
    "mail.message": ("model", "res_id"),
    "mail.scheduled.message": ("model", "res_id"),
    "rating.rating": ("res_model", "res_id"),
}
TELLING = NAMED.union(BELONGING)
# Whoever links a request or a case to a contact is shown its name, phone and address: it may be that of another company
CONTACT = "res.partner"
POLYMORPHIC = ("reference", "many2one_reference")


class Base(models.AbstractModel):
    _inherit = "base"

    # === WHAT CAN TELL A NAME === #

    @api.model
    @ormcache(cache="stable")
    def _get_telling_links(self):
        """Return the names of the fields that can point to something of a request or a case, or from one to a contact."""
        return tuple(
            name
            for name, field in self._fields.items()
            if field.type in POLYMORPHIC or (field.relational and self._is_telling(field))
        )

    @api.model
    def _is_telling(self, field):
        """Return whether a relation tells of what the user may not read: of Odoo's own links to contacts, those of requests
        and cases."""
        is_of_ours = self._name in GUARDED or "crm_firm" in field._modules
        return field.comodel_name in TELLING or (field.comodel_name == CONTACT and is_of_ours)

    @api.model
    @ormcache(cache="stable")
    def _get_pointing_fields(self):
        """Return the names of the fields that decide what the links point to: themselves, and the models of polymorphic ones."""
        names = set(self._get_telling_links())
        for name in self._get_telling_links():
            model_field = self._fields.get(getattr(self._fields[name], "model_field", None))
            if model_field is not None:
                names |= {model_field.name, (model_field.related or model_field.name).split(".")[0]}
        return frozenset(names)

    def _filtered_closed(self):
        """Return those of the records that the user may not read, of what tells of a request, a case or a contact."""
        if self.env.su or not self:
            return self.browse()
        if self._name == "calendar.event":
            return self.exists().filtered(lambda event: event._is_of_closed_lead())
        if self._name in BELONGING:
            model_field, id_field = BELONGING[self._name]
            of_guarded_sudo = self.sudo().exists().filtered(lambda record: record[model_field] in GUARDED and record[id_field])
            records = of_guarded_sudo.sudo(False)
        elif self._name in NAMED or self._name == CONTACT:
            records = self.exists()
        else:
            return self.browse()
        return records - records._filtered_access("read")

    # === LINKING === #

    @api.model
    def _check_links(self, vals_list, known=None, guess=False):
        """Refuse values that point to what the user may not read.

        :param vals_list: list of dicts, as `create`, `write` and `onchange` take them
        :param known: records that may point there already
        :param bool guess: take an id without its model for one of any guarded model
        :return: what they point to: dict model -> set of ids
        :raise AccessError: one of them does
        """
        linked = defaultdict(set)
        for vals in vals_list:
            for model, res_id in self._iterate_links(vals, guess):
                linked[model].add(res_id)
        self._check_linked(linked, known)
        return linked

    @api.model
    def _check_linked(self, linked, known=None):
        for model, ids in linked.items():
            closed = self.env[model].browse(ids)._filtered_closed()
            if closed and known:
                # What they are linked to already is compared, not told.
                closed -= closed.browse(set.intersection(*(record._get_linked()[model] for record in known.sudo())))
            if closed:
                raise self.env["ir.rule"]._make_access_error("read", closed)

    @api.model
    def _iterate_links(self, vals, guess=False):
        """Yield `(model, id)` of what the values point to, those of lines and of records within them included."""
        for name, value in vals.items():
            field = self._fields.get(name)
            if not value or field is None or not (field.relational or field.type in POLYMORPHIC):
                continue
            if field.type == "reference":
                model, _comma, res_id = value.partition(",") if isinstance(value, str) else ("", "", "")
                if model in self.env and (res_id := self._read_link_id(res_id)):
                    yield model, res_id
            elif field.type == "many2one_reference":
                if res_id := self._read_link_id(value):
                    models_meant = self._get_models_meant(field, vals) or (GUARDED if guess else ())
                    yield from ((model, res_id) for model in models_meant)
            else:
                yield from self._iterate_relation(field, value, guess)

    @api.model
    def _read_link_id(self, value):
        """Return the id that Odoo takes a value for: a text, a float and a dict are ids, too. 0: none."""
        try:
            if isinstance(value, (list, tuple)):
                value = value[0] if value else 0
            return int((value.get("id") if isinstance(value, dict) else value) or 0)
        except (TypeError, ValueError, OverflowError):  # refused by Odoo itself
            return 0

    @api.model
    def _iterate_relation(self, field, value, guess):
        comodel = field.comodel_name
        ids, nested = [], []
        if field.type == "many2one":
            if isinstance(value, dict):
                nested.append(value)
                value = value.get("id")
            ids.append(value[0] if isinstance(value, (list, tuple)) and value else value)
        elif isinstance(value, (list, tuple)):
            for command in value:
                if not isinstance(command, (list, tuple)):
                    ids.append(command)
                    continue
                ids += command[1:2]
                if isinstance(command[-1], dict):
                    nested.append(command[-1])
                elif isinstance(command[-1], (list, tuple)):
                    ids += command[-1]
        if self._is_telling(field):
            yield from ((comodel, id_) for id_ in ids if isinstance(id_, int) and id_)
        for vals in nested:
            yield from self.env[comodel]._iterate_links(vals, guess)

    @api.model
    def _get_models_meant(self, field, vals):
        """Return the models that the values give to a `many2one_reference`."""
        model_field = self._fields[field.model_field]
        path = (model_field.related or "").split(".")
        found = {vals.get(model_field.name)}
        model_id = vals.get(path[0]) if path[-1] == "model" else None
        if model_id := self._read_link_id(model_id):
            found.add(self.env["ir.model"].sudo().browse(model_id).exists().model)  # names of models are no secret
        return {model for model in found if isinstance(model, str) and model in self.env}

    def _get_linked(self):
        """Return what the records point to: dict model -> set of ids. What is part of them (`one2many`) is left out."""
        linked = defaultdict(set)
        for name in self._get_telling_links():
            field = self._fields[name]
            if not field.store or field.type == "one2many" or (field.compute and field.readonly):
                continue
            for record in self:
                if field.type == "many2one_reference":
                    if record[name] and record[field.model_field] in self.env:
                        linked[record[field.model_field]].add(record[name])
                elif record[name]:
                    linked[record[name]._name].update(record[name].ids)
        return linked

    def _complete_links(self, values):
        """Return the values, completed with what the record has where they give only the model, or only the id, of a link."""
        completed = dict(values)
        for name in self._get_telling_links() if self else ():
            field = self._fields[name]
            if field.type == "many2one_reference":
                model_field = self._fields[field.model_field]
                models_given = values.keys() & {model_field.name, (model_field.related or model_field.name).split(".")[0]}
                if models_given and name not in values:
                    completed[name] = self.sudo()[name]  # half of a reference, to be checked; it is not told
                elif name in values and not models_given:
                    completed[model_field.name] = self.sudo()[model_field.name]
        return completed

    @api.model
    def default_get(self, fields):
        defaults = super().default_get(fields)
        if defaults and not self.env.su:
            self._check_links([defaults])
        return defaults

    @api.model_create_multi
    def create(self, vals_list):
        """Check before, since Odoo's own errors name what does not fit together, and after: defaults come in between."""
        if self.env.su or not self._get_telling_links():
            return super().create(vals_list)
        checked = self._check_links(vals_list)
        records = super().create(vals_list)
        records.flush_recordset()  # what is still to compute is the user's to find, not the superuser's
        linked = records.sudo()._get_linked()  # looked for as superuser, checked as the user
        self._check_linked({model: ids - checked[model] for model, ids in linked.items()})
        return records

    def write(self, vals):
        if self.env.su or not self or not vals.keys() & self._get_pointing_fields():
            return super().write(vals)
        checked = self._check_links([vals], known=self)
        before = self.sudo()._get_linked()
        result = super().write(vals)
        # A model and an id that come one after the other point somewhere only together.
        linked = self.sudo()._get_linked()
        self._check_linked({model: ids - before[model] - checked[model] for model, ids in linked.items()})
        return result

    def onchange(self, values, field_names, fields_spec):
        if not self.env.su:
            self._check_links([self._complete_links(values)], known=self, guess=True)
            if not field_names and (pointing := self._get_pointing_fields()):
                self.default_get(list(pointing))  # checked here too: the form may show neither the link nor its model
        return super().onchange(values, field_names, fields_spec)

    # === READING === #

    @api.model
    def _get_closed_names(self, field, ids):
        """Return what is shown in place of the names that the user may not read: dict id -> text."""
        if self.env.su or not ids or field.comodel_name not in NAMED:
            return {}
        closed = self.env[field.comodel_name].browse(ids)._filtered_closed()
        return dict.fromkeys(closed.ids, self.env._("No access")) if closed else {}

    def _get_named_fields(self, names):
        return [
            self._fields[name] for name in self._get_telling_links() if name in names and self._fields[name].type == "many2one"
        ]

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load)
        if load == "_classic_read" and not self.env.su:
            for field in self._get_named_fields(fnames):
                closed = self._get_closed_names(field, {row[field.name][0] for row in rows if row[field.name]})
                for row in rows:
                    if row[field.name] and row[field.name][0] in closed:
                        row[field.name] = (row[field.name][0], closed[row[field.name][0]])
        return rows

    @api.readonly
    def web_read(self, specification):
        rows = super().web_read(specification)
        if not self.env.su:
            for field in self._get_named_fields(specification):
                shown = [row[field.name] for row in rows if isinstance(row.get(field.name), dict)]
                closed = self._get_closed_names(field, {vals["id"] for vals in shown if "display_name" in vals})
                for vals in shown:
                    if vals["id"] in closed:
                        vals["display_name"] = closed[vals["id"]]
        return rows

    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        formatter = super()._web_read_group_groupby_formatter(groupby_spec, values)
        field = self._fields[groupby_spec.split(":")[0].split(".")[0]]
        if self.env.su or "." in groupby_spec or not field.relational or field.comodel_name not in NAMED:
            return formatter
        closed = self._get_closed_names(field, {value.id for value in values if value})

        def formatter_of_guarded(value):
            shown, domain = formatter(value)
            return (shown[0], closed[shown[0]]) if shown and shown[0] in closed else shown, domain

        return formatter_of_guarded

    @api.model
    def _read_group_format_result(self, rows_dict, lazy_groupby):
        result = super()._read_group_format_result(rows_dict, lazy_groupby)
        if not self.env.su:
            for group in lazy_groupby:
                field = self._fields[group.split(":")[0].split(".")[0]]
                if field.relational and field.comodel_name in NAMED:
                    closed = self._get_closed_names(field, {row[group][0] for row in rows_dict if row[group]})
                    for row in rows_dict:
                        if row[group] and row[group][0] in closed:
                            row[group] = (row[group][0], closed[row[group][0]])
        return result
