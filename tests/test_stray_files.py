import os
import time
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.crm_firm.models.documents import firm_file_store

from .common import FirmCase


@tagged("post_install", "-at_install")
class TestStrayFiles(FirmCase):
    def write_file(self, content, days, is_marked):
        """Leave a file as a server does that is killed after writing it, before or after its mark for Odoo's collection."""
        Attachment = self.env["ir.attachment"]
        name = Attachment._file_write(content, Attachment._compute_checksum(content))
        path, mark = Attachment._full_path(name), os.path.join(Attachment._full_path("checklist"), name)
        if not is_marked:
            os.unlink(mark)
        moment = time.time() - days * 24 * 3600
        os.utime(path, (moment, moment))
        self.addCleanup(lambda: os.path.exists(path) and os.unlink(path))
        return path

    def test_a_file_that_a_killed_upload_left_is_counted_and_deleted_and_no_other(self):
        Store = self.env["firm.file.store"]
        Store._cron_find_strays()  # what other tests have left
        before = Store._get_count()
        stray = self.write_file(b"stray of a killed upload", days=2, is_marked=False)
        young = self.write_file(b"upload that is still at work", days=0, is_marked=False)
        self.write_file(b"Odoo knows of this one", days=2, is_marked=True)
        record = self.env["ir.attachment"].create({"name": "kept.txt", "raw": b"file of a record"})
        kept = record._full_path(record.store_fname)
        mark = os.path.join(record._full_path("checklist"), record.store_fname)
        if os.path.exists(mark):
            os.unlink(mark)
        moment = time.time() - 2 * 24 * 3600
        os.utime(kept, (moment, moment))
        with patch.object(firm_file_store, "_logger") as log:  # what it says, wherever the log of this run goes
            self.assertEqual(Store._cron_find_strays(), 1)
        self.assertIn("1 found", log.info.call_args.args[0] % log.info.call_args.args[1:])
        self.env["ir.attachment"]._gc_file_store_unsafe()
        self.assertEqual([os.path.exists(path) for path in (stray, young, kept)], [False, True, True])
        self.assertEqual(record.raw, b"file of a record")
        self.assertEqual(Store._cron_find_strays(), 0, "once")
        self.assertEqual(Store._get_count(), before + 1)

    def test_administrators_read_the_figure_on_the_overview(self):
        self.env["ir.config_parameter"].set_param("crm_firm.stray_files", 7)

        def figures(user):
            counters = self.env["crm.lead"].with_user(user).get_follow_up_dashboard()["counters"]
            return [counter["count"] for counter in counters if counter["key"] == "stray_files"]

        self.assertEqual(figures(self.env.ref("base.user_admin")), [7])
        for user in (self.olga, self.marta):
            self.assertEqual(figures(user), [])
