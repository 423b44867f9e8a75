import { registry } from "@web/core/registry";

/** “Mark done” on the call of a lead asks for the outcome; the record then shows the try and its e-mail. */
registry.category("web_tour.tours").add("crm_firm_mark_done_asks_outcome", {
    steps: () => [
        // The first page after an update takes its time: it builds its assets.
        { trigger: ".o-mail-Activity:contains(First call) .o-mail-Activity-markDone", run: "click", timeout: 60000 },
        { trigger: ".o-mail-ActivityMarkAsDone .o_firm_call_outcomes" },
        { trigger: ".o-mail-ActivityMarkAsDone textarea", run: "edit voicemail" },
        { trigger: ".o-mail-ActivityMarkAsDone [data-outcome=no_answer]", run: "click" },
        { trigger: ".o-mail-Activity:contains(Second call)" },
        { trigger: ".o_statusbar_status .o_arrow_button_current[data-value=second_contact]" },
        { trigger: ".nav-link[name=firm_follow_up]", run: "click" },
        { trigger: ".o_firm_timeline:contains(voicemail)" },
        { trigger: ".o-mail-Activity:contains(Second call) .o-mail-Activity-markDone", run: "click" },
        { trigger: ".o-mail-ActivityMarkAsDone [data-outcome=call_back]", run: "click" },
        {
            trigger: ".o-mail-ActivityMarkAsDone input[type=datetime-local]",
            run() {
                this.anchor.value = luxon.DateTime.now().plus({ months: 6 }).toFormat("yyyy-MM-dd'T'HH:mm");
                this.anchor.dispatchEvent(new Event("input", { bubbles: true }));
            },
        },
        { trigger: ".o-mail-ActivityMarkAsDone .btn-primary[data-outcome=call_back]:enabled", run: "click" },
        { trigger: ".o-mail-Activity:not(:contains(Second call))" },
    ],
});

/** The overview counts and opens the lists. */
registry.category("web_tour.tours").add("crm_firm_follow_up_overview", {
    steps: () => [
        { trigger: "[data-counter=unreachable] .fs-1:contains(1)", timeout: 60000 },
        { trigger: "[data-counter=unreachable]", run: "click" },
        { trigger: ".o_list_view .o_data_row .o_list_record_selector input", run: "click" },
        { trigger: ".o_control_panel button:has(.fa-repeat)", run: "click" },
        { trigger: ".modal [name=reason] input", run: "edit New campaign" },
        { trigger: ".modal button[name=action_restart]", run: "click" },
        { trigger: ".o_view_nocontent_smiling_face" },
    ],
});
