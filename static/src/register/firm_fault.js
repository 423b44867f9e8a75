import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** `<widget name="firm_fault" options="{'field': 'phone'}"/>`: what is missing or wrong in a field, until it is changed. */
export class FirmFault extends Component {
    static template = "crm_firm.FirmFault";
    static props = { ...standardWidgetProps, field: String };

    setup() {
        this.faults = useState(this.env.firmFaults);
    }

    get text() {
        const fault = this.faults.found[this.props.field];
        return fault && this.props.record.data[this.props.field] === fault.value ? fault.text : "";
    }
}

/** @returns {Promise} done once what has changed is on the screen: fields are drawn in the next frame */
export function drawn() {
    return new Promise((resolve) => browser.requestAnimationFrame(() => browser.requestAnimationFrame(resolve)));
}

/** Put the focus on the first thing of a field that can be used. */
export function focusField(root, name) {
    const inputs = root.querySelectorAll(`.o_field_widget[name=${name}] :is(input, textarea, button)`);
    [...inputs].find((input) => input.offsetParent)?.focus();
}

/** Whether what is wrong in a field stands where it can be read. */
export function isFaultSeen(root, name) {
    return Boolean(root?.querySelector(`.o_firm_fault[data-field=${name}]`)?.offsetParent);
}

registry.category("view_widgets").add("firm_fault", {
    component: FirmFault,
    extractProps: ({ options }) => ({ field: options.field }),
});
