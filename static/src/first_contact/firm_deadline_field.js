import { describeDeadline } from "../deadlines/deadline_text";
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
        appointmentField: { type: String, optional: true },
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

    /** Somebody chose this moment, so it is no last moment for the call. */
    get isAppointment() {
        const appointment = this.props.appointmentField && this.props.record.data[this.props.appointmentField];
        return Boolean(appointment && this.deadline && appointment.equals(this.deadline));
    }

    get elapsed() {
        const elapsed = this.clock.now.diff(this.received);
        return elapsed.as("minutes") < 1 ? _t("just now") : _t("%s ago", formatElapsed(elapsed));
    }

    get state() {
        return getDeadlineState(this.deadline, this.clock.now, this.isAppointment);
    }

    get title() {
        const lines = [_t("Received: %s", formatDateTime(this.received))];
        if (this.deadline) {
            const { moment } = describeDeadline(this.deadline, this.clock.now, null);
            lines.push(this.isAppointment ? _t("Next try: %s", moment) : _t("Call by: %s", moment));
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
        { label: _t("Appointment field"), name: "appointment_field", type: "field", availableTypes: ["datetime"] },
    ],
    fieldDependencies: ({ options }) =>
        [options.deadline_field, options.appointment_field].filter(Boolean).map((name) => ({ name, type: "datetime" })),
    extractProps: ({ options }) => ({
        deadlineField: options.deadline_field,
        appointmentField: options.appointment_field,
    }),
};

registry.category("fields").add("firm_deadline", firmDeadlineField);
