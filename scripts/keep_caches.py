"""A pytest plugin: what Odoo has worked out of templates, assets and routes is kept from one test of a class to the next.

Odoo forgets everything after each test, and compiles the same pages again for the next one. Here it does what it does when
a transaction is rolled back outside tests: it forgets what that transaction may have changed. A test that touches a cache
(writes a view, a website, a group ...) leaves nothing of it behind, and a class leaves nothing at all.
"""

import pytest

# Those that take long to make, and that no test makes otherwise than from the database
KEPT = ("templates", "assets", "routing")


def keep_between_tests():
    # Not at the top: Odoo is not configured yet when this file is read.
    from odoo.orm.registry import _CACHES_BY_KEY, Registry  # noqa: PLC0415
    from odoo.tests import TransactionCase  # noqa: PLC0415

    touched = set()
    clear_cache, set_up_models, set_up = Registry.clear_cache, Registry._setup_models__, TransactionCase.setUp

    def note_and_clear(registry, *names):
        for name in names or ("default",):
            touched.update(_CACHES_BY_KEY[name])
        clear_cache(registry, *names)

    def note_and_set_up_models(registry, *args, **kwargs):
        touched.update(KEPT)
        set_up_models(registry, *args, **kwargs)

    def set_up_and_keep(test):
        caches = test.registry._Registry__caches
        kept = {}

        def take():
            kept.update((name, caches[name].snapshot) for name in KEPT if name not in touched)

        def give_back():
            for name, entries in kept.items():
                caches[name].update(entries)

        touched.clear()
        test.addCleanup(give_back)  # after Odoo has forgotten everything
        set_up(test)
        test.addCleanup(take)  # before it does

    Registry.clear_cache, Registry._setup_models__ = note_and_clear, note_and_set_up_models
    TransactionCase.setUp = set_up_and_keep


@pytest.fixture(scope="session", autouse=True)
def caches_are_kept(load_registry):
    keep_between_tests()
