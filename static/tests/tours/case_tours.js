import { registry } from "@web/core/registry";

const statusbar = ".o_form_view > .o_form_view_container .o_statusbar_status";
const state = (name) => `${statusbar} .o_arrow_button_current:contains('${name}')`;
const document = (name) => `.o_field_widget[name=document_request_ids] .o_data_row:contains('${name}')`;
const noDialog = { content: "The dialog is closed", trigger: "body:not(:has(.modal))" };
const openDocuments = { trigger: ".o_form_view .nav-link[name=firm_documents]", run: "click" };
const openCase = (column) => [
    {
        content: "On the board of cases",
        trigger: `.o_kanban_group:contains('${column}') .o_kanban_record:contains('VAT of the first quarter')`,
        run: "click",
    },
    { trigger: ".o_form_view .o_field_widget[name=name] :value('VAT of the first quarter')" },
];

registry.category("web_tour.tours").add("crm_firm_case_ask", {
    steps: () => [
        ...openCase("Received"),
        { trigger: state("Received") },
        { trigger: ".o_form_statusbar button[name=assign_to_me]", run: "click" },
        { trigger: ".o_field_widget[name=user_id] input:value('Sara Specialist')" },
        { content: "Into review", trigger: `${statusbar} button:contains('In review')`, run: "click" },
        { trigger: state("In review") },
        openDocuments,
        { trigger: ".o_form_view button:contains('Request documents')", run: "click" },
        {
            content: "The checklist of the category is chosen already",
            trigger: ".modal .o_field_widget[name=set_id] input:value('Quarterly VAT')",
        },
        { trigger: ".modal .o_data_row:contains('Purchases of equipment')" },
        { trigger: ".modal button[name=action_ask]", run: "click" },
        noDialog,
        { trigger: ".o_notification:contains('requested: 6')" },
        { content: "It is the client's turn", trigger: state("Waiting for client") },
        { trigger: `${document("Invoices issued")}:contains('Requested')` },
    ],
});

registry.category("web_tour.tours").add("crm_firm_case_close", {
    steps: () => [
        ...openCase("Waiting for client"),
        openDocuments,
        {
            content: "What came is looked at before anybody decides",
            trigger: `${document("Invoices issued")}:contains('Received') td[name=name]`,
            run: "click",
        },
        { trigger: ".modal .o_data_row:contains('issued.pdf') button[name=action_view]" },
        { trigger: ".modal button:contains('Reject'):visible", run: "click" },
        { trigger: ".modal .o_field_widget[name=reason] textarea", run: "edit March is missing" },
        { trigger: ".modal button[name=action_decide]:contains('Reject'):visible", run: "click" },
        {
            content: "The dialog of the document is told",
            trigger: ".modal .o_arrow_button_current:contains('Rejected')",
        },
        { trigger: ".modal .btn-close", run: "click" },
        noDialog,
        { trigger: `${document("Invoices issued")}:contains('Rejected')` },
        { trigger: `${document("Invoices received")} button[name=action_validate]`, run: "click" },
        { trigger: `${document("Invoices received")}:contains('Validated')` },
        {
            content: "Nothing is resolved without its answer",
            trigger: ".o_form_statusbar:not(:has(button[name=resolve_case]:visible)) button[name=action_log_answer]:visible",
            run: "click",
        },
        { trigger: ".modal .o_field_widget[name=note] textarea", run: "edit 1,200 € to pay by the 20th" },
        { trigger: ".modal button[name=action_log]", run: "click" },
        noDialog,
        { trigger: ".o-mail-Message:contains('1,200 € to pay by the 20th')" },
        { trigger: ".o_form_statusbar button[name=resolve_case]:visible", run: "click" },
        { trigger: state("Resolved") },
        { trigger: ".o_form_statusbar button[name=action_archive_case]:visible", run: "click" },
        {
            content: "The dialog says what is missing",
            trigger: ".modal .alert:contains('Invoices issued'):contains('Bank statements'):contains('File the form')",
        },
        { content: "and says so again", trigger: ".modal button[name=action_archive]", run: "click" },
        { trigger: ".modal:contains('cannot be archived yet') .modal-footer button:contains('Close')", run: "click" },
        { trigger: ".modal .o_field_widget[name=cancel_documents] input", run: "click" },
        { trigger: ".modal .o_field_widget[name=cancel_reason] input", run: "edit Filed without them" },
        { trigger: ".modal .o_field_widget[name=cancel_activities] input", run: "click" },
        { trigger: ".modal button[name=action_archive]", run: "click" },
        noDialog,
        { trigger: state("Archived") },
        { content: "Read only", trigger: ".o_form_view .o_field_widget[name=name]:not(:has(input, textarea))" },
        { trigger: ".o_form_view .nav-link[name=firm_details]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=campaign_year]:not(:has(input))" },
        openDocuments,
        { trigger: `${document("Invoices issued")}:contains('Cancelled')` },
        {
            content: "Nothing more is asked for",
            trigger: ".o_form_view:not(:has(button:contains('Request documents')))",
        },
    ],
});
