import { registry } from "@web/core/registry";
import { StatusBarField, statusBarField } from "@web/views/fields/statusbar/statusbar_field";

/**
 * The state of a case as a status bar: a step that the server refuses is not shown as if it had been taken.
 *
 * What was typed before is saved first, on its own, so that nothing but the step is given up.
 */
export class FirmStateField extends StatusBarField {
    async selectItem(item) {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        try {
            await super.selectItem(item);
        } catch (error) {
            await record.discard();
            throw error;
        }
    }
}

registry.category("fields").add("firm_state", {
    ...statusBarField,
    component: FirmStateField,
    additionalClasses: ["o_field_statusbar"],
});
