import { formatElapsed, getDeadlineState } from "./deadline_state";

import { _t } from "@web/core/l10n/translation";
import { formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useState } from "@odoo/owl";

/** How long ago something arrived and how much time is left, always up to date. */
export class FirmDeadlineField extends Component {
    static template = "crm_firm.FirmDeadlineField";
    static props = {
        ...standardFieldProps,
        deadlineField: { type: String, optional: true },
        deadlineIsAppointment: { type: Boolean, optional: true },
    };

    setup() {
        this.clock = useState(useService("firm_clock"));
    }

    get received() {
        return this.props.record.data[this.props.name];
    }

    get deadline() {
        return this.props.deadlineField && this.props.record.data[this.props.deadlineField];
    }

    get elapsed() {
        const elapsed = this.clock.now.diff(this.received);
        return elapsed.as("minutes") < 1 ? _t("just now") : _t("%s ago", formatElapsed(elapsed));
    }

    get state() {
        return getDeadlineState(this.deadline, this.clock.now, this.props.deadlineIsAppointment);
    }

    get title() {
        const lines = [_t("Received: %s", formatDateTime(this.received))];
        if (this.deadline) {
            const moment = formatDateTime(this.deadline);
            lines.push(this.props.deadlineIsAppointment ? _t("Next try: %s", moment) : _t("Call by: %s", moment));
        }
        return lines.join("\n");
    }
}

export const firmDeadlineField = {
    component: FirmDeadlineField,
    displayName: _t("Time since, against a deadline"),
    supportedTypes: ["datetime"],
    supportedOptions: [
        { label: _t("Deadline field"), name: "deadline_field", type: "field", availableTypes: ["datetime"] },
        { label: _t("The deadline is the moment to do it"), name: "deadline_is_appointment", type: "boolean" },
    ],
    fieldDependencies: ({ options }) =>
        options.deadline_field ? [{ name: options.deadline_field, type: "datetime" }] : [],
    extractProps: ({ options }) => ({
        deadlineField: options.deadline_field,
        deadlineIsAppointment: Boolean(options.deadline_is_appointment),
    }),
};

registry.category("fields").add("firm_deadline", firmDeadlineField);
