from . import phone_request
from . import website_form
