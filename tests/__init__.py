from . import test_access_rights
from . import test_first_contact
from . import test_queue
from . import test_staff_tours
from . import test_views
from . import test_owner
from . import test_mail_end_to_end
from . import test_web_intake
