import { registry } from "@web/core/registry";

const search = ".o_firm_caller input";
const match = (text) => `.o_firm_caller_menu .o_firm_caller_match:contains('${text}')`;

const isAnotherRequest = (content) => ({
    content,
    trigger: ".o_field_widget[name=wants] .o_radio_item:contains('Another request') input",
    run: "click",
});

// Somebody new, who calls from a number that one of Olga's requests has
const isNuria = () => [
    { trigger: ".o_firm_caller_new", run: "click" },
    { trigger: ".o_field_widget[name=phone] input:value(600454545)" },
    isAnotherRequest("Olga has a request with this number: this is another one"),
    { trigger: ".o_field_widget[name=contact_name] input", run: "edit Nuria <b>Nueva</b>" },
];

const answer = (purpose, text) => `.o_field_widget[name=${purpose}_answer] .o_radio_item:contains('${text}') input`;

registry.category("web_tour.tours").add("crm_firm_register_keyboard", {
    steps: () => [
        {
            content: "From anywhere, by the keyboard",
            trigger: ".o_web_client .o_main_navbar",
            run: "press alt+shift+r",
        },
        {
            content: "The first thing to type in has the focus, and nothing is ticked",
            trigger: `${search}:focus`,
            run() {
                const ticked = document.querySelectorAll(".o_firm_register_consent input:checked");
                if (ticked.length) {
                    throw new Error("A consent is ticked before anybody was asked");
                }
            },
        },
        { trigger: search, run: "edit 600 998 877" },
        {
            content: "Who it is, why, and what is open for them, as far as one may know",
            trigger: `${match("Pau Ferrer")}:contains('same phone'):contains('Opportunities: ask Olga Owner')`,
        },
        { trigger: search, run: "press Enter" },
        { trigger: ".o_firm_caller .badge:contains('Pau Ferrer')" },
        {
            content: "Somebody has a request of theirs: first of all a message can be left",
            trigger: ".o_firm_register_message:contains('Olga Owner') .o_field_widget[name=message_text]",
        },
        { content: "Not them after all: nothing of theirs stays", trigger: ".o_firm_caller button", run: "click" },
        { trigger: ".o_field_widget[name=email_from] input:value()" },
        { trigger: `${search}:focus`, run: "edit Ferrer Pau" },
        { trigger: match("Pau Ferrer") },
        { trigger: search, run: "press Enter" },
        isAnotherRequest("It is something else"),
        { trigger: ".o_field_widget[name=email_from] input:value(pau@bodegas.example.net)" },
        {
            content: "On the phone it is asked in words for the phone, in the caller's language",
            trigger: ".o_field_widget[name=handling_wording]:contains('/privacy')",
        },
        { trigger: ".o_field_widget[name=result] input:checked" },
        { trigger: ".o_field_widget[name=practice_area_id] input", run: "edit Tax" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Tax')", run: "click" },
        { trigger: ".o_firm_register_fee:contains('60.00')" },
        { trigger: ".o_field_widget[name=fee_informed] input", run: "click" },
        { trigger: ".o_field_widget[name=description] textarea", run: "edit Question about a tax letter" },
        {
            content: "Without an answer nothing is registered, and the desk is told what to say",
            trigger: ".o_field_widget[name=description] textarea",
            run: "press control+Enter",
        },
        { trigger: ".o_firm_fault[data-field=handling_answer]:contains('May I read you a short text')" },
        { trigger: answer("handling", "Yes"), run: "click" },
        { trigger: answer("commercial", "No"), run: "click" },
        { trigger: `${answer("commercial", "No")}:checked`, run: "press alt+s" },
        { trigger: "div[name=done]:contains('will call by'):contains('confirmed by e-mail to pau@bodegas.example.net')" },
        { content: "It is somebody else's now", trigger: "div[name=done]:not(:has(button[name=action_open]:visible))" },
        {
            content: "The next call",
            trigger: "button[name=action_start_over]:contains('Register another'):focus",
            run: "press Enter",
        },
        { trigger: `${search}:focus:value()` },
        { trigger: ".o_field_widget[name=description] textarea:value()" },
    ],
});

registry.category("web_tour.tours").add("crm_firm_register_somebody_new", {
    steps: () => [
        {
            content: "From the menu",
            trigger: ".o_menu_sections [data-menu-xmlid='crm_firm.firm_request_register_menu']",
            run: "click",
        },
        { trigger: search, run: "edit 600454545" },
        {
            content: "Known, but not to be opened: whom to ask",
            trigger: `${match("A request you cannot open")}:contains('Ask Olga Owner')`,
        },
        ...isNuria(),
        { content: "What nobody owns waits in the pool", trigger: answer("handling", "No"), run: "click" },
        { trigger: ".alert-danger:contains('I cannot take down your')" },
        { trigger: "button[name=action_register]", run: "click" },
        { trigger: ".o_firm_fault:contains('nothing is registered')" },
        { content: "Start over: nothing stays", trigger: "button[name=action_start_over]", run: "click" },
        { trigger: ".modal button:contains('Start over')", run: "click" },
        { trigger: ".o_field_widget[name=phone] input:value()" },
        { trigger: `${search}:focus`, run: "edit 600454545" },
        ...isNuria(),
        { trigger: answer("handling", "Yes"), run: "click" },
        {
            content: "Leaving asks first",
            trigger: ".o_menu_sections [data-menu-xmlid='crm_firm.firm_request_register_menu']",
            run: "click",
        },
        { trigger: ".modal:contains('not been registered yet') button:contains('Stay here')", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        {
            content: "An impatient hand makes one request all the same",
            trigger: "button[name=action_register]",
            run() {
                this.anchor.click();
                this.anchor.click();
            },
        },
        { trigger: "div[name=done]:contains('waiting in the unassigned pool')" },
        { trigger: "button[name=action_open]", run: "click" },
        { trigger: ".o_form_view div[name=firm_who]:contains('Nuria <b>Nueva</b>')" },
    ],
});

registry.category("web_tour.tours").add("crm_firm_register_phone", {
    steps: () => [
        { trigger: search, run: "edit Bodegas" },
        { trigger: match("Bodegas Ferrer"), run: "click" },
        { trigger: ".o_firm_caller .badge:contains('Bodegas Ferrer')" },
        { content: "Who of them is it?", trigger: ".o_firm_caller_people button:contains('Pau Ferrer')", run: "click" },
        { trigger: ".o_firm_caller .badge:contains('Pau Ferrer')" },
        {
            content: "The button is gone, and the next field has the focus",
            trigger: ".o_firm_register :is(input, textarea, select):focus",
            run() {
                if (document.activeElement.closest(".o_field_firm_caller")) {
                    throw new Error("The focus stays where everything has been said");
                }
            },
        },
        { content: "Somebody else of them", trigger: ".o_firm_caller button:contains('Someone else')", run: "click" },
        { trigger: `${search}:focus`, run: "edit Bodegas" },
        { trigger: match("Bodegas Ferrer"), run: "click" },
        { trigger: ".o_firm_caller .badge:contains('Bodegas Ferrer')" },
        isAnotherRequest("Olga has a request of the company: this is another one"),
        { trigger: ".o_field_widget[name=contact_name] input", run: "edit Marina Ferrer" },
        { trigger: ".o_field_widget[name=create_contact] input", run: "click" },
        { trigger: answer("handling", "Yes"), run: "click" },
        { trigger: "button[name=action_register]", run: "click" },
        { trigger: "div[name=done]:contains('Registered')" },
    ],
});

registry.category("web_tour.tours").add("crm_firm_register_message", {
    steps: () => [
        { trigger: search, run: "edit 600 998 877" },
        { trigger: match("Pau Ferrer"), run: "click" },
        { trigger: ".o_firm_register_message:contains('Open with'):contains('Olga Owner')" },
        {
            content: "A message needs no consent and no area",
            trigger: ".o_firm_register:not(:has(.o_field_widget[name=handling_answer]:visible))",
        },
        { content: "Nothing is said yet: it is told at the field", trigger: "button[name=action_leave_message]", run: "click" },
        { trigger: ".o_firm_fault[data-field=message_text]" },
        { trigger: ".o_field_widget[name=message_text] textarea:focus" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_field_widget[name=message_text] textarea", run: "edit Asks when the papers are ready" },
        {
            content: "By the keyboard as by the mouse",
            trigger: ".o_field_widget[name=message_text] textarea",
            run: "press control+Enter",
        },
        { trigger: "div[name=done]:contains('The message is with Olga Owner')" },
        { trigger: "button[name=action_start_over]", run: "click" },
        { trigger: `${search}:focus:value()` },
        { content: "Somebody who has agreed before is not asked again", trigger: search, run: "edit Marina Ferrer" },
        { trigger: match("Marina Ferrer"), run: "click" },
        isAnotherRequest(),
        { trigger: ".o_field_widget[name=handling_on_record]:contains('Agreed on')" },
        { trigger: ".o_firm_register:not(:has(.o_field_widget[name=handling_answer]:visible))" },
        { trigger: ".o_field_widget[name=description] textarea", run: "edit Payroll" },
        { trigger: "button[name=action_register]", run: "click" },
        { trigger: "div[name=done]:contains('Registered')" },
    ],
});
