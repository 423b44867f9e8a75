import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_firm_archive_user", {
    steps: () => [
        { trigger: ".o_form_view .o_field_widget[name=name] input:value(Olga Owner)" },
        { trigger: ".o_cp_action_menus .dropdown-toggle:has(.fa-cog)", run: "click" },
        { trigger: ".o_menu_item:contains('Archive')", run: "click" },
        {
            content: "Who takes the work is asked, with how much there is",
            trigger: ".modal .o_field_widget[name=open_work]:contains('Requests and opportunities: 1')",
        },
        {
            content: "Nobody is archived by typing a successor into the wrong field",
            trigger: ".modal .o_field_widget[name=user_ids]:not(:has(input)):contains('Olga Owner')",
        },
        { trigger: ".modal .o_field_widget[name=successor_id] input", run: "edit Sara" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Sara Specialist')", run: "click" },
        { trigger: ".modal-footer button[name=action_archive_users]", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_form_view .ribbon:contains('Archived')" },
    ],
});
