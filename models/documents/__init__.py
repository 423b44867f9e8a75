"""Documents asked of clients: requests, sets, versions, their trail."""

from . import (
    firm_document_files,
    firm_document_mails,
    firm_document_request,
    firm_document_version,
    firm_document_event,
    firm_document_set,
    helpdesk_ticket_documents,
    firm_file_store,
)
