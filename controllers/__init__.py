from . import case_portal, contact_page, document_link, engagement_letter, phone_request, thread_upload, website_form
