from . import test_first_contact
from . import test_follow_up
