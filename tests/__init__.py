from . import test_first_contact
