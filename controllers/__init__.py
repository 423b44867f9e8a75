from . import case_portal, document_link, phone_request, thread_upload, website_form
