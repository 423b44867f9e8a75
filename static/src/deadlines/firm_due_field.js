import { describeDeadline } from "./deadline_text";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { DateTimeField } from "@web/views/fields/datetime/datetime_field";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useState } from "@odoo/owl";

/**
 * Until when: “Mon 30 Nov, 18:00 · in 2 working days”, always up to date. Where it can be changed, the picker is there
 * and what it means is said beside it.
 */
export class FirmDueField extends Component {
    static template = "crm_firm.FirmDueField";
    static components = { DateTimeField };
    static props = {
        ...standardFieldProps,
        companyField: { type: String, optional: true },
        doneField: { type: String, optional: true },
    };

    setup() {
        this.clock = useState(useService("firm_clock"));
        this.workingDays = useService("firm_working_days");
        this.known = useState(this.workingDays.known);
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get due() {
        const { record, name, companyField } = this.props;
        const company = record.data[companyField || "company_id"];
        const workingDays = this.workingDays.get(this.known, company?.id);
        const due = describeDeadline(this.value, this.clock.now, workingDays, record.fields[name].type === "date");
        // What is done is late no more
        return this.props.doneField && record.data[this.props.doneField] ? { ...due, distance: "", level: "muted" } : due;
    }

    get pickerProps() {
        return Object.fromEntries(Object.keys(standardFieldProps).map((key) => [key, this.props[key]]));
    }
}

export const firmDueField = {
    component: FirmDueField,
    displayName: _t("Deadline in working days"),
    supportedTypes: ["date", "datetime"],
    supportedOptions: [
        { label: _t("Company"), name: "company_field", type: "field", availableTypes: ["many2one"] },
        { label: _t("Done"), name: "done_field", type: "field", availableTypes: ["date", "datetime"] },
    ],
    listViewWidth: 160,
    fieldDependencies: ({ options }) => (options.done_field ? [{ name: options.done_field, type: "datetime" }] : []),
    extractProps: ({ options }) => ({ companyField: options.company_field, doneField: options.done_field }),
};

registry.category("fields").add("firm_due", firmDueField);
