from . import (
    test_access_attacks,
    test_access_rights,
    test_consent,
    test_first_contact,
    test_install,
    test_mail_end_to_end,
    test_owner,
    test_queue,
    test_staff_tours,
    test_views,
    test_web_browser,
    test_web_intake,
)
