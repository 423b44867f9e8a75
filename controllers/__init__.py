from . import (
    case_files,
    case_portal,
    contact_page,
    document_link,
    engagement_letter,
    helpdesk_mgmt,
    intake,
    phone_request,
    thread_upload,
    website_form,
)
