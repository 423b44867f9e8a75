import { registry } from "@web/core/registry";

const { DateTime, Settings } = luxon;

/** Stop the clock of the page at a moment, so that what is shown does not depend on when the test runs. */
function setClock(moment) {
    const millis = DateTime.fromISO(moment, { zone: "utc" }).toMillis();
    Settings.now = () => millis;
    odoo.__WOWL_DEBUG__.root.env.services.firm_clock.now = DateTime.now();
}

const row = (name) => `.o_data_row:contains('${name}')`;
const noRow = (name) => `.o_list_renderer:not(:has(.o_data_row:contains('${name}')))`;
const card = (name) => `.o_kanban_record:contains('${name}')`;
const noCard = (name) => `.o_kanban_renderer:not(:has(.o_kanban_record:contains('${name}')))`;
const noDialog = "body:not(:has(.modal))";
const menu = (xmlid) => `[data-menu-xmlid='crm_firm.${xmlid}']`;

registry.category("web_tour.tours").add("crm_firm_owner_queue", {
    steps: () => [
        {
            content: "An hour after arrival there is time",
            trigger: row("Ana Ready"),
            run: () => setClock("2026-03-02T09:00:00"),
        },
        { trigger: `${row("Ana Ready")} [data-level=success]:contains('1 hr ago'):contains('9 hr left')` },
        {
            content: "Nothing is loaded again, the colour changes by itself",
            trigger: row("Ana Ready"),
            run: () => setClock("2026-03-02T17:00:00"),
        },
        { trigger: `${row("Ana Ready")} [data-level=warning]:contains('1 hr left')` },
        { trigger: row("Ana Ready"), run: () => setClock("2026-03-02T18:30:00") },
        { trigger: `${row("Ana Ready")} [data-level=danger]:contains('Overdue by 30 min')` },
        { content: "A number to call", trigger: `${row("Ana Ready")} a[href='tel:+34600112233']` },
        { content: "An address to write to", trigger: `${row("Ana Ready")} a[href='mailto:ana@client.example.com']` },
        { content: "Their owner sees no column of owners", trigger: ".o_list_table:not(:has(th[data-name=user_id]))" },

        // Second contact: one click, and back
        { trigger: `${row("Berta Silent")} button[name=action_log_no_answer]`, run: "click" },
        { trigger: ".o_notification:contains('No answer from Berta Silent')" },
        { trigger: noRow("Berta Silent") },
        { trigger: ".o_notification button:contains('Undo')", run: "click" },
        { trigger: row("Berta Silent") },
        { trigger: `${row("Berta Silent")} button[name=action_log_no_answer]`, run: "click" },
        { trigger: noRow("Berta Silent") },

        // Ready for proposal: what is missing is said first
        { trigger: `${row("Ana Ready")} button.btn-success`, run: "click" },
        { trigger: ".modal .alert-warning:contains('Need Known')" },
        { trigger: ".modal [name=need_known] input", run: "click" },
        { trigger: ".modal .alert-success" },
        { trigger: ".modal [name=expected_revenue] input", run: "edit 1200" },
        { trigger: ".modal [name=employee_count] input", run: "edit 8" },
        { trigger: ".modal button[name=action_confirm]", run: "click" },
        { trigger: noDialog },
        { trigger: noRow("Ana Ready") },

        // Discard: not without a reason
        { trigger: `${row("Carlos Spam")} button.btn-danger`, run: "click" },
        { trigger: ".modal button[name=action_lost_reason_apply]", run: "click" },
        { trigger: ".modal .o_field_invalid[name=lost_reason_id], .o_notification.border-danger" },
        { trigger: ".modal .o_selection_badge:contains('Spam')", run: "click" },
        { trigger: ".modal button[name=action_lost_reason_apply]", run: "click" },
        { trigger: noDialog },
        { trigger: noRow("Carlos Spam") },

        // A note, without leaving the queue
        { trigger: `${row("Dora Stays")} button:has(.fa-sticky-note-o)`, run: "click" },
        { trigger: ".modal [name=note] textarea", run: "edit Prefers the afternoon" },
        { trigger: ".modal button[name=action_add]", run: "click" },
        { trigger: noDialog },
        { trigger: `${row("Dora Stays")} button:has(.fa-sticky-note-o)`, run: "click" },
        { trigger: ".modal [name=message_ids]:contains('Prefers the afternoon')" },
        { trigger: ".modal button[special=cancel]", run: "click" },
        { trigger: noDialog },

        // What arrives shows up by itself
        {
            trigger: row("Dora Stays"),
            run: async () => {
                const { orm } = odoo.__WOWL_DEBUG__.root.env.services;
                await orm.create("crm.lead", [{ name: "Just arrived", contact_name: "Elena New", type: "lead" }]);
                setClock("2026-03-02T18:35:00");
            },
        },
        { trigger: row("Elena New") },

        // And by keyboard, from the form
        { trigger: `${row("Dora Stays")} td[name=contact_name]`, run: "click" },
        { trigger: ".o_form_view button[data-hotkey=g]:contains('Ready for proposal')" },
        { trigger: ".o_form_view button[data-hotkey=d]:contains('Discard')" },
        { trigger: ".o_form_view button[data-hotkey=o]:contains('Second contact')", run: "click" },
        { trigger: ".o_stat_text:contains('Attempts')" },
    ],
});

registry.category("web_tour.tours").add("crm_firm_manager", {
    steps: () => [
        { content: "A manager sees whose it is", trigger: `${row("Ana Ready")} [name=user_id]:contains('Olga Owner')` },
        { trigger: `${row("Berta Silent")} .o_list_record_selector input`, run: "click" },
        { trigger: `${row("Carlos Spam")} .o_list_record_selector input`, run: "click" },
        { trigger: ".o_control_panel button:contains('Discard')", run: "click" },
        { trigger: ".modal .o_selection_badge:contains('Spam')", run: "click" },
        { trigger: ".modal button[name=action_lost_reason_apply]", run: "click" },
        { trigger: ".o_notification:contains('2 leads discarded')" },
        { trigger: noRow("Berta Silent") },
        { trigger: noRow("Carlos Spam") },

        { trigger: menu("contacts_menu"), run: "click" },
        { trigger: menu("crm_lead_discarded_menu"), run: "click" },
        { trigger: `${row("Berta Silent")} [name=lost_reason_id]:contains('Spam')` },
        { trigger: `${row("Berta Silent")} .o_list_record_selector input`, run: "click" },
        { trigger: `${row("Carlos Spam")} .o_list_record_selector input`, run: "click" },
        { trigger: ".o_control_panel button:contains('Restore')", run: "click" },
        { trigger: ".o_view_nocontent:contains('Nothing has been discarded')" },

        { trigger: "[data-menu-xmlid='crm.crm_menu_report']", run: "click" },
        { trigger: menu("crm_lead_report_requests_menu"), run: "click" },
        { trigger: ".o_graph_renderer canvas, .o_view_nocontent" },
        { content: "All of them, not the last weeks", trigger: ".o_searchview_facet .o_facet_remove", run: "click" },
        { trigger: ".o_graph_renderer canvas" },
        { trigger: ".o_switch_view.o_pivot", run: "click" },
        { trigger: ".o_pivot table:contains('Tax')" },
        { trigger: "[data-menu-xmlid='crm.crm_menu_report']", run: "click" },
        { trigger: menu("crm_lead_report_discarded_menu"), run: "click" },
        { trigger: ".o_last_breadcrumb_item:contains('Discard reasons')" },

        { trigger: menu("pending_menu"), run: "click" },
        { trigger: menu("crm_lead_first_contact_menu"), run: "click" },
        { trigger: row("Berta Silent") },
        { trigger: row("Carlos Spam") },
    ],
});

registry.category("web_tour.tours").add("crm_firm_front_desk", {
    steps: () => [
        { content: "The pool, and nothing of others", trigger: row("Paco Pool") },
        { trigger: noRow("Ana Ready") },
        { trigger: `${row("Paco Pool")} button[name=action_take]`, run: "click" },
        { trigger: `${row("Paco Pool")} [name=user_id]:contains('Fran Front Desk')` },
        { trigger: `${row("Petra Pool")} .o_list_record_selector input`, run: "click" },
        { trigger: ".o_control_panel button:contains('Assign')", run: "click" },
        { trigger: ".modal [name=user_id] input", run: "edit Olga" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Olga Owner')", run: "click" },
        { trigger: ".modal button[name=action_assign]", run: "click" },
        { trigger: noDialog },
        { content: "Handed over, it is out of sight", trigger: noRow("Petra Pool") },
        { trigger: row("Paco Pool") },
    ],
});

registry.category("web_tour.tours").add("crm_firm_phone_queue", {
    steps: () => [
        {
            content: "Everything fits the screen, and thumbs hit it",
            trigger: card("Ana Ready"),
            run: ({ anchor }) => {
                const width = document.documentElement.clientWidth;
                for (const button of anchor.querySelectorAll(".o_firm_reach .btn, .o_firm_outcomes .btn")) {
                    const box = button.getBoundingClientRect();
                    if (box.height < 44 || box.left < 0 || box.right > width) {
                        throw new Error(`${button.textContent} is ${box.height} px high, from ${box.left} to ${box.right}`);
                    }
                }
                if (document.documentElement.scrollWidth > width) {
                    throw new Error("The page scrolls sideways");
                }
            },
        },
        { trigger: `${card("Ana Ready")} a[href='tel:+34600112233']` },
        { trigger: `${card("Berta Silent")} button[name=action_log_no_answer]`, run: "click" },
        { trigger: noCard("Berta Silent") },
        { trigger: ".o_notification button:contains('Undo')", run: "click" },
        { trigger: `${card("Berta Silent")} button[name=action_log_no_answer]`, run: "click" },
        { trigger: noCard("Berta Silent") },
        { trigger: `${card("Carlos Spam")} button.btn-danger`, run: "click" },
        { trigger: ".modal .o_selection_badge:contains('Spam')", run: "click" },
        { trigger: ".modal button[name=action_lost_reason_apply]", run: "click" },
        { trigger: noCard("Carlos Spam") },
        { trigger: `${card("Ana Ready")} button.btn-success`, run: "click" },
        { trigger: ".modal [name=need_known] input", run: "click" },
        { trigger: ".modal .alert-success" },
        { trigger: ".modal button[name=action_confirm]", run: "click" },
        { trigger: noCard("Ana Ready") },
    ],
});
