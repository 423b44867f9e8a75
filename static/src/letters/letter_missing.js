import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

const OF_RECORD = /^\/odoo\/([\w.]+)\/(\d+)$/;

/**
 * What a letter lacks: each entry leads to the page or field of the letter that mends it, or opens the record that does over
 * the letter, which shows what is left once that is saved.
 */
export class LetterMissing extends Component {
    static template = "crm_firm.LetterMissing";
    static props = { ...standardFieldProps };

    setup() {
        this.dialog = useService("dialog");
    }

    onClick(ev) {
        if (ev.ctrlKey || ev.metaKey) {
            return; // in a tab of its own
        }
        const target = ev.target.closest("a[href]")?.getAttribute("href") || "";
        const [, resModel, resId] = target.match(OF_RECORD) || [];
        if (resModel) {
            ev.preventDefault();
            this.openRecord(resModel, Number(resId), ev.target.innerText);
        } else if (target.startsWith("#")) {
            ev.preventDefault();
            this.showPart(ev.currentTarget.closest(".o_form_view"), target.slice(1));
        }
    }

    /** What was typed on the letter is saved first: it is read again afterwards. */
    async openRecord(resModel, resId, title) {
        const { record } = this.props;
        if (await record.save()) {
            this.dialog.add(FormViewDialog, { resModel, resId, title }, { onClose: () => record.load() });
        }
    }

    showPart(formEl, name) {
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
