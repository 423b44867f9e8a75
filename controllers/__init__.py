from . import phone_request
