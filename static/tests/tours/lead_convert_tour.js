import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_firm_convert", {
    steps: () => [
        {
            content: "Before calling: the person is known, and what differs is shown",
            trigger: ".o_form_view .nav-link[name=firm_verification]",
            run: "click",
        },
        { trigger: ".o_firm_matches:contains(Pau Ferrer):contains(same e-mail)" },
        { trigger: ".o_firm_verification:contains(Administrador)" },
        {
            trigger: "button[name=action_verify]",
            run: "click",
        },
        {
            content: "Take the job title over",
            trigger: ".modal .o_data_row:contains(Administrador) .o_field_boolean_toggle input",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        { trigger: "body:not(:has(.modal))" },
        {
            trigger: ".o_form_statusbar button:contains(Convert to Opportunity):visible",
            run: "click",
        },
        {
            content: "The dialog proposes who exists and says why",
            trigger: ".modal .o_field_widget[name=account_id] input:value(Bodegas Ferrer)",
        },
        { trigger: ".modal .o_data_row:contains(Pau Ferrer):contains(same e-mail)" },
        {
            trigger: ".modal .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "A second person, new",
            trigger: ".modal .o_selected_row .o_field_widget[name=name] input",
            run: "edit Marina Ferrer",
        },
        {
            trigger: ".modal .o_field_widget[name=opportunity_name] input",
            run: "edit Corporate tax 2026",
        },
        {
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "It is an opportunity, with a way back",
            trigger: ".o_form_view button[name=action_undo_conversion]",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        { trigger: ".o_notification:contains(undone)" },
        { trigger: ".o_form_view .o_form_statusbar button:contains(Convert to Opportunity):visible" },
    ],
});
