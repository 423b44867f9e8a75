import { onMounted, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
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
        this.keepLast = new KeepLast();
        this.check = useState({ text: "", isValid: false });
        this.checkSoon = useDebounced(this.checkTyped, 300);
        onMounted(() => this.input.el?.addEventListener("input", this.checkSoon));
    }

    async checkTyped() {
        const text = this.input.el?.value.trim() || "";
        if (text.length < COMPLETE) {
            Object.assign(this.check, { text: "", isValid: false });
            return;
        }
        const fault = await this.keepLast.add(this.orm.silent.call("crm.lead", "find_vat_fault", [text]));
        Object.assign(this.check, { text: fault, isValid: !fault });
    }
}

registry.category("fields").add("firm_vat", { ...charField, component: FirmVatField });
