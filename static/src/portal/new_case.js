import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** The form of a new case says by when we answer, once the client has chosen what it is about. */
export class FirmNewCase extends Interaction {
    static selector = "#new_case_form";
    dynamicContent = {
        "#case_category": { "t-on-change": () => {} }, // whatever it is, what follows is looked at again
        ".o_firm_expected": { "t-att-class": () => ({ "d-none": !this.expected }) },
        ".o_firm_expected b": { "t-out": () => this.expected },
    };

    get expected() {
        return this.el.querySelector("#case_category")?.selectedOptions[0]?.dataset.expected || "";
    }
}

registry.category("public.interactions").add("crm_firm.new_case", FirmNewCase);
