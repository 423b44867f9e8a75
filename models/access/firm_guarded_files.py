from odoo import models

from ...tools.uploaded_file import check_files


class FirmGuardedFiles(models.AbstractModel):
    """Files that people put on a request or a case, by whatever door, are held to the rules of documents.

    What a file is inside decides, and what it is called then. Clients send the types and sizes that the firm of the record
    takes, colleagues every type that is known. What the system makes (e-mails that came in, reports) stays as it is: its
    methods act as superuser. Files by other doors than messages: `ir.attachment`.
    """

    _name = "firm.guarded.files"
    _description = "Files of Requests and Cases"

    def _check_files_sent(self, files):
        """Check files that the user puts on the record, or on one that is still to be saved.

        :param files: list of `(name, content)`, content bytes
        :return: list of `(clean name, content, type)`
        :raise UserError: one sentence for each fault
        """
        company_sudo = self.sudo().company_id or self.env.company.sudo()  # settings of the firm whose record it is
        return check_files(self.env, company_sudo, files, of_staff=self.env.user._is_internal())

    def _process_attachments_for_post(self, attachments, attachment_ids, message_values):
        if not self.env.su:
            # Odoo passes over what is no file.
            files = [file for file in attachments or () if len(file) in (2, 3) and file[1] is not None]
            if files:
                checked = self._check_files_sent([(file[0] or "", _get_bytes(file[1])) for file in files])
                attachments = [(name, content, *file[2:]) for (name, content, _type), file in zip(checked, files, strict=True)]
            self._check_files_given(attachment_ids)
        return super()._process_attachments_for_post(attachments, attachment_ids, message_values)

    def _check_files_given(self, attachment_ids):
        """Check what the user has uploaded for the message, and what colleagues take from elsewhere.

        Files of requests and cases were checked there. Of what is not their own, Odoo takes nothing from clients.
        """
        ids = [id_ for id_ in attachment_ids or [] if isinstance(id_, int)]
        attachments_sudo = self.env["ir.attachment"].sudo().browse(ids).exists()  # the user's own, as is asked here
        uploaded_sudo = attachments_sudo.filtered(
            lambda attachment: attachment.create_uid == self.env.user and attachment._belongs_to_dialog()
        )
        uploaded_sudo._check_content(self)
        if self.env.user._is_internal():
            taken_sudo = (attachments_sudo - uploaded_sudo).filtered(lambda attachment: not attachment._is_on_guarded())
            taken_sudo.sudo(False).check_access("read")
            taken_sudo._check_content(self, rename=False)


def _get_bytes(content):
    return content.encode() if isinstance(content, str) else content or b""
