import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What a letter lacks: each entry leads to the record, or to the page or field of the letter, that mends it. */
export class LetterMissing extends Component {
    static template = "crm_firm.LetterMissing";
    static props = { ...standardFieldProps };

    onClick(ev) {
        const name = ev.target.closest("a[href^='#']")?.getAttribute("href").slice(1);
        if (!name) {
            return;
        }
        ev.preventDefault();
        const formEl = ev.currentTarget.closest(".o_form_view");
        const pageEl = formEl.querySelector(`.o_notebook_headers .nav-link[name="${name}"]`);
        if (pageEl) {
            pageEl.click();
            pageEl.scrollIntoView({ block: "center" });
        } else {
            formEl.querySelector(`.o_field_widget[name="${name}"] :is(input, textarea)`)?.focus();
        }
    }
}

registry.category("fields").add("firm_letter_missing", { component: LetterMissing, supportedTypes: ["html"] });
