from . import test_first_contact
from . import test_mail_intake
from . import test_mail_server
