"""A real Chromium for tests, on a desk and on a phone. No test in here."""

import contextlib
import pathlib
import resource
import shutil

from odoo.tests.common import _registry_test_lock

DESK = {"viewport": {"width": 1366, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# Odoo's own header and footer, whose faults are not ours to mend
NOT_OURS = [["header"], ["footer"], [".o_footer_copyright"], [".o_brand_promotion"]]


class BrowserCase:
    """Joins a class that adds `HttpCase`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Not at the top: whoever runs other tests only needs no browser driver. Missing, it is an error and no skip.
        from playwright.sync_api import sync_playwright  # noqa: PLC0415

        # A browser wants more address space than the server may have; what it starts inherits the limit.
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_AS, (soft, hard))
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)
        chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "google-chrome-stable"))), None)
        cls.chromium = cls.playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        cls.addClassCleanup(cls.chromium.close)

    @contextlib.contextmanager
    def browse(self, device=DESK, path="/request", origins=(), session=None, ready=None, **options):
        """Open a page; whatever it asks of another origin makes the test fail.

        :param session: what `authenticate` returned, to be logged in
        :param ready: selector of what is there once the page is, for pages of staff: they keep a connection open
        """
        self.env.flush_all()  # requests look at the database
        # Odoo's client says times where the browser is: as everybody of the cast
        context = self.chromium.new_context(**{"locale": "en-US", "timezone_id": "Europe/Madrid"} | device | options)
        context.set_default_timeout(60_000)
        if session:
            context.add_cookies([{"name": "session_id", "value": session.sid, "url": self.base_url()}])
        page = context.new_page()
        strangers, errors = [], []
        # chrome: the browser's own viewer of PDF files
        allowed = ("data:", "blob:", "about:", "chrome:", "chrome-extension:", self.base_url(), *origins)
        page.on("request", lambda asked: asked.url.startswith(allowed) or strangers.append(asked.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            with self.allow_requests(all_requests=True):
                page.goto(path if "://" in path else self.base_url() + path)
                page.wait_for_selector(ready) if ready else page.wait_for_load_state("networkidle")
                yield page
                page.unroute_all(behavior="ignoreErrors")
                if ready:
                    page.goto("about:blank")
                page.wait_for_load_state("networkidle")
        finally:
            context.close()
        self.assertFalse(strangers, "asked of another host")
        self.assertFalse(errors, "errors of scripts")

    @contextlib.contextmanager
    def between_requests(self):
        """Look at records while a page is open: its requests use the same cursor, and wait as long."""
        with _registry_test_lock:
            yield

    def find_faults(self, page, only=None):
        """Return the faults of a page for people with disabilities that are serious or worse, as axe-core finds them.

        :param only: selectors of what to look at, for pages that are not ours as a whole
        """
        import axe_playwright_python  # noqa: PLC0415  as above

        axe = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
        page.evaluate(axe)
        what = {"exclude": NOT_OURS} | ({"include": [[selector] for selector in only]} if only else {})
        found = page.evaluate("what => axe.run(what)", what)
        self.assertGreater(len(found["passes"]), 3 if only else 10)
        return [
            f"{page.url}: {fault['id']} ({fault['impact']}) {[node['target'] for node in fault['nodes']]}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
        ]
