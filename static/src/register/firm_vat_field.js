import { onMounted, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { CharField, charField } from "@web/views/fields/char/char_field";

/** Shorter ones are not complete yet: nobody is told so while typing. */
const COMPLETE = 9;

/** A VAT number that is checked while it is typed. */
export class FirmVatField extends CharField {
    static template = "crm_firm.FirmVatField";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.check = useState({ text: "", isValid: false });
        this.checkSoon = useDebounced(this.checkTyped, 300);
        onMounted(() => this.input.el?.addEventListener("input", this.checkSoon));
    }

    get typed() {
        return this.input.el?.value.trim() || "";
    }

    /** What was said counts for the number it was said of: what is no longer there, or was not answered, is not judged. */
    async checkTyped() {
        const text = this.typed;
        let fault = null;
        if (text.length >= COMPLETE) {
            try {
                fault = await this.orm.silent.call("crm.lead", "find_vat_fault", [text]);
            } catch {
                // too long, or no connection: registering says so, nobody is interrupted while typing
            }
        }
        if (text === this.typed) {
            Object.assign(this.check, { text: fault || "", isValid: fault === "" });
        }
    }
}

registry.category("fields").add("firm_vat", { ...charField, component: FirmVatField });
