from odoo import models


class FirmEngagementChanges(models.AbstractModel):
    """What differs between two versions of a letter, in sentences."""

    _name = "firm.engagement.changes"
    _description = "Changes of an Engagement Letter"

    def _describe_changes(self, old, new):
        """Return what is different in the new content, in the language of the client: list of sentences."""
        env = self.with_context(lang=new["language"]).env
        parts_of_old, parts_of_new = self._get_parts(env, old), self._get_parts(env, new)
        changes = []
        for key, (label, text) in parts_of_new.items():
            before = parts_of_old.get(key)
            if before is None:
                changes.append(env._("New: %(what)s: %(text)s", what=label, text=text))
            elif before[1] != text:
                changes.append(
                    env._("Changed: %(what)s: “%(text)s” instead of “%(before)s”", what=label, text=text, before=before[1])
                )
        for key in parts_of_old.keys() - parts_of_new.keys():
            label, text = parts_of_old[key]
            changes.append(env._("No longer: %(what)s: %(text)s", what=label, text=text))
        return changes

    def _get_parts(self, env, content):
        """Return what can change, each on its own: dict key -> `(label, text)`."""
        included, excluded = env._("included"), env._("not included")
        parts = {
            ("subject",): (env._("purpose"), content["subject"]),
            ("special",): (env._("special conditions"), content["special_terms"]),
            ("valid",): (env._("date until which it can be signed"), content["valid_until"]),
        }
        for service in content["services"]:
            name = service["name"]
            fee = (
                f"{service['quantity']} × {service['unit_price']} = {service['untaxed']} {content['currency']} {service['basis']}"
            )
            parts["fee", name] = (env._("fee of %s", name), fee.strip())
            for kind, label in (("included", included), ("excluded", excluded)):
                parts |= {(kind, name, text): (f"{name}, {label}", text) for text in service[kind]}
        for kind, label in (("included", included), ("excluded", excluded)):
            parts |= {(kind, "", text): (label, text) for text in content["general"][kind]}
        for clause in content["clauses"]:
            parts["clause", clause["title"]] = (env._("clause “%s”", clause["title"]), clause["text"])
        for signer in content["signers"]:
            parts["signer", signer["name"]] = (env._("signer"), signer["name"])
        return parts
