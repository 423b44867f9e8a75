import contextlib
import logging
import os
import re
import time
from pathlib import Path

from odoo import api, models
from odoo.tools import SQL, split_every

_logger = logging.getLogger(__name__)

AGE = 24 * 3600  # seconds; a younger file may be of a request that is still at work
COUNT = "crm_firm.stray_files"
_name_re = re.compile(r"[0-9a-f]{40,}")  # a checksum, as Odoo names files


class FirmFileStore(models.AbstractModel):
    """Files on disk that no record has: a server killed in the middle of an upload leaves them.

    Odoo's own collection (`ir.attachment._gc_file_store`) deletes what is on its checklist, and a killed server may not have
    come to write that. Such files are put on the checklist here. Odoo then deletes them, with the table locked: no file is
    lost that a request takes up again meanwhile. One that was cut short also stood in the way of the same file sent again.
    """

    _name = "firm.file.store"
    _description = "Files without a Record"

    @api.model
    def _cron_find_strays(self):
        """Put files without a record, older than a day, on Odoo's checklist.

        :return: how many there were
        """
        Attachment = self.env["ir.attachment"]
        if Attachment._storage() != "file":
            return 0
        found = 0
        root = Path(Attachment._filestore())
        for folder in sorted(root.glob("[0-9a-f][0-9a-f]")):
            for names in split_every(1000, self._get_old_files(folder), list):
                query = SQL("SELECT store_fname FROM ir_attachment WHERE store_fname = ANY(%s)", names)
                known = {name for (name,) in self.env.execute_query(query)}
                for name in names:
                    if name not in known and not (root / "checklist" / name).exists():
                        Attachment._mark_for_gc(name)
                        found += 1
        if found:
            _logger.info("Files without a record: %s found, Odoo deletes them", found)
            self.env["ir.config_parameter"].sudo().set_param(COUNT, self._get_count() + found)  # the job's own figure
        return found

    @api.model
    def _get_old_files(self, folder):
        until = time.time() - AGE
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):  # deleted meanwhile
                if _name_re.fullmatch(entry.name) and entry.stat().st_mtime < until:
                    yield f"{folder.name}/{entry.name}"

    @api.model
    def _get_count(self):
        """Return how many files without a record were found until now."""
        return int(self.env["ir.config_parameter"].sudo().get_param(COUNT, 0))  # a figure of ours, for administrators
