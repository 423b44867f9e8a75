import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/** A name and, smaller below it, what belongs to it: two columns in the width of one. */
export class FirmTwoLinesField extends Component {
    static template = "crm_firm.FirmTwoLinesField";
    static props = {
        ...standardFieldProps,
        secondField: { type: String, optional: true },
        fallbackField: { type: String, optional: true },
    };

    get lines() {
        const { record, name, secondField, fallbackField } = this.props;
        const lines = [record.data[name], secondField && record.data[secondField]].filter(Boolean);
        return lines.length ? lines : [fallbackField && record.data[fallbackField]].filter(Boolean);
    }
}

export const firmTwoLinesField = {
    component: FirmTwoLinesField,
    displayName: _t("Two lines"),
    supportedTypes: ["char"],
    supportedOptions: [
        { label: _t("Second line"), name: "second_field", type: "field", availableTypes: ["char"] },
        { label: _t("Shown when both are empty"), name: "fallback_field", type: "field", availableTypes: ["char"] },
    ],
    fieldDependencies: ({ options }) =>
        [options.second_field, options.fallback_field].filter(Boolean).map((name) => ({ name, type: "char" })),
    extractProps: ({ options }) => ({
        secondField: options.second_field,
        fallbackField: options.fallback_field,
    }),
};

registry.category("fields").add("firm_two_lines", firmTwoLinesField);
