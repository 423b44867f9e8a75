from . import case_portal, document_link, engagement_letter, phone_request, thread_upload, website_form
