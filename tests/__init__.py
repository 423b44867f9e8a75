from . import test_conflict_check
from . import test_duplicate_search
from . import test_first_contact
from . import test_lead_convert
from . import test_verification
