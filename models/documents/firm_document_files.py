from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.uploaded_file import TYPES, check_files, get_checksum


class FirmDocumentFiles(models.AbstractModel):
    """How files get into a document, whoever sends them."""

    _name = "firm.document.files"
    _description = "Document of a Case: its files"

    def _take_files(self, files, actor, more=False):
        """Keep files as a new version of the document: all of them, or none with a message.

        The caller has checked that the sender may: by access to the case, or by the link.

        :param files: list of `(name, content)`, content bytes
        :param dict actor: who sends, see `_trace`
        :param bool more: pages that belong to the current version
        :return: dict `stored` and `known`: names of files kept, and of those that were here already
        :raise UserError: a file that is not taken, or a document that is sealed
        """
        self.ensure_one()
        request_sudo = self.sudo()
        # Of two uploads at once the second waits, and is tried again with what the first has stored.
        self.env.execute_query(SQL("SELECT 1 FROM firm_document_request WHERE id = %s FOR UPDATE", request_sudo.id))
        request_sudo.invalidate_recordset()
        request_sudo._check_takes_files()
        checked = request_sudo._check_files(files)
        known = {version.checksum for version in request_sudo.version_ids}
        new, told, contents = [], [], []
        is_more = more and request_sudo.state == "received" and request_sudo.version_number
        number = request_sudo.version_number + (0 if is_more else 1)
        for name, content, extension in checked:
            checksum = get_checksum(content)
            if checksum in known:
                told.append(name)
                continue
            known.add(checksum)
            new.append(
                {
                    "request_id": request_sudo.id,
                    "number": number,
                    "name": name,
                    "mimetype": TYPES[extension][0],
                    "size": len(content),
                    "checksum": checksum,
                    "uploaded_by_id": actor.get("user_id"),
                    "by_link": actor.get("by_link", False),
                }
            )
            contents.append(content)
        if new:
            versions_sudo = self.env["firm.document.version"]._store(new, contents)
            request_sudo.write({"version_number": number, "state": "received", "reason": False})
            request_sudo._trace("uploaded", actor, versions=versions_sudo)
            request_sudo.ticket_id._on_documents_received(request_sudo, versions_sudo)
        return {"stored": [values["name"] for values in new], "known": told}

    def _check_takes_files(self):
        self.ticket_id._check_takes_documents()
        if self.state == "validated":
            raise UserError(self.env._("“%s” has already been accepted. Write to us if it has to be replaced.", self.name))
        if self.state == "cancelled":
            raise UserError(self.env._("“%s” is no longer needed.", self.name))

    def _check_files(self, files):
        """Return the files that were sent as a list of `(clean name, content, type)`.

        :raise UserError: what is wrong with each of them
        """
        company_sudo = self.company_id.sudo()  # settings of the firm, whoever sends
        return check_files(self.env, company_sudo, files, len(self.ticket_id.sudo().document_request_ids.version_ids))
