from . import phone_request, website_form
