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
        dayField: { type: String, optional: true },
        hourField: { type: String, optional: true },
        lateField: { type: String, optional: true },
    };

    setup() {
        this.clock = useState(useService("firm_clock"));
        this.workingDays = useService("firm_working_days");
        this.known = useState(this.workingDays.known);
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    /** What has a day and no hour is said by its day, wherever who reads it is. */
    get due() {
        const { record, name, companyField } = this.props;
        const company = record.data[companyField || "company_id"];
        const workingDays = this.workingDays.get(this.known, company?.id);
        const { dayField, lateField, hourField } = this.props;
        const hasHour = hourField ? record.data[hourField] : record.fields[name].type !== "date";
        const deadline = hasHour || !dayField ? this.value : record.data[dayField];
        const due = describeDeadline(deadline, this.clock.now, workingDays, !hasHour, !lateField || record.data[lateField]);
        // What is done is late no more
        return this.props.doneField && record.data[this.props.doneField] ? { ...due, distance: "", level: "muted" } : due;
    }

    get pickerProps() {
        return Object.fromEntries(Object.keys(standardFieldProps).map((key) => [key, this.props[key]]));
    }
}

const DEPENDENCIES = [
    { option: "done_field", type: "datetime" },
    { option: "day_field", type: "date" },
    { option: "hour_field", type: "boolean" },
    { option: "late_field", type: "boolean" },
];

export const firmDueField = {
    component: FirmDueField,
    displayName: _t("Deadline in working days"),
    supportedTypes: ["date", "datetime"],
    supportedOptions: [
        { label: _t("Company"), name: "company_field", type: "field", availableTypes: ["many2one"] },
        { label: _t("Done"), name: "done_field", type: "field", availableTypes: ["date", "datetime"] },
        { label: _t("Day"), name: "day_field", type: "field", availableTypes: ["date"] },
        { label: _t("Has an hour"), name: "hour_field", type: "field", availableTypes: ["boolean"] },
        { label: _t("Late"), name: "late_field", type: "field", availableTypes: ["boolean"] },
    ],
    listViewWidth: 160,
    fieldDependencies: ({ options }) =>
        DEPENDENCIES.filter(({ option }) => options[option]).map(({ option, type }) => ({ name: options[option], type })),
    extractProps: ({ options }) => ({
        companyField: options.company_field,
        doneField: options.done_field,
        dayField: options.day_field,
        hourField: options.hour_field,
        lateField: options.late_field,
    }),
};

registry.category("fields").add("firm_due", firmDueField);
