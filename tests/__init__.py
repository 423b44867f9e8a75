from . import test_escalation
from . import test_first_contact
from . import test_follow_up
from . import test_follow_up_crash
from . import test_follow_up_tour
from . import test_phone_page
