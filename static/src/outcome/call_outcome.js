import { Component, useState } from "@odoo/owl";
import { deserializeDate, serializeDateTime } from "@web/core/l10n/dates";
import { usePopover } from "@web/core/popover/popover_hook";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { describeDeadline } from "../deadlines/deadline_text";

const { DateTime } = luxon;
const FOR_INPUT = "yyyy-MM-dd'T'HH:mm";

/** How did the call go? Whoever shows it says in `log` what becomes of the answer. */
export class CallOutcome extends Component {
    static template = "crm_firm.CallOutcome";
    static props = { log: Function };

    setup() {
        this.workingDays = useService("firm_working_days");
        this.known = useState(this.workingDays.known);
        this.state = useState({ asksWhen: false, when: "", busy: false });
        this.workingDays.get(this.known); // known by the time somebody asks for a later call
    }

    get isWhenMissing() {
        return !this.state.when || DateTime.fromISO(this.state.when) <= DateTime.now();
    }

    /** Moments people agree on most: a click instead of a date. */
    get proposals() {
        const now = DateTime.now();
        const day = this.workingDays.get(this.known)?.find((date) => date > now.toISODate());
        return [now.plus({ hours: 1 }), day && deserializeDate(day).set({ hour: 10 }), day && deserializeDate(day).set({ hour: 17 })]
            .filter(Boolean)
            .map((moment) => ({
                label: describeDeadline(moment, now, null).moment,
                value: moment.toFormat(FOR_INPUT),
            }));
    }

    /** @param {"reached"|"no_answer"|"wrong_number"|"call_back"} outcome */
    async onClickOutcome(outcome) {
        if (this.state.busy) {
            return;
        }
        if (outcome === "call_back" && !this.state.asksWhen) {
            this.state.asksWhen = true;
            return;
        }
        this.state.busy = true;
        try {
            const when = outcome === "call_back" ? serializeDateTime(DateTime.fromISO(this.state.when)) : null;
            await this.props.log(outcome, when);
        } finally {
            this.state.busy = false;
        }
    }
}

/** The same with room for a note, over whatever is on the screen. */
export class CallOutcomePopover extends Component {
    static template = "crm_firm.CallOutcomePopover";
    static components = { CallOutcome };
    static props = { leadId: Number, onLogged: { type: Function, optional: true }, close: Function };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ note: "" });
    }

    async log(outcome, when) {
        const { leadId, onLogged, close } = this.props;
        const told = await this.orm.call("crm.lead", "action_log_outcome", [[leadId], outcome], {
            note: this.state.note || null,
            next_contact_on: when,
        });
        close();
        await this.action.doAction(told, { onClose: onLogged });
    }
}

/**
 * @returns {(target: HTMLElement, leadId: number, onLogged?: () => Promise) => void} opens the popover at an element;
 *     `onLogged` shows what has changed
 */
export function useCallOutcome() {
    const popover = usePopover(CallOutcomePopover, { setActiveElement: true, popoverClass: "o_firm_call_outcome" });
    return (target, leadId, onLogged) => popover.open(target, { leadId, onLogged });
}

/**
 * `<widget name="firm_call_outcome"/>` in lists, cards and forms of leads; or of what points to one, by its options
 * `lead_field`, and `asked_field` for what is no call.
 */
export class CallOutcomeButton extends Component {
    static template = "crm_firm.CallOutcomeButton";
    static props = { ...standardWidgetProps, leadField: { type: String, optional: true }, askedField: { type: String, optional: true } };

    setup() {
        this.openOutcome = useCallOutcome();
    }

    get isAsked() {
        const { askedField, record } = this.props;
        return !askedField || record.data[askedField];
    }

    async onClick(ev) {
        const target = ev.currentTarget;
        const { leadField, record } = this.props;
        if (record.isInEdition && !(await record.save())) {
            return;
        }
        const { root } = record.model;
        this.openOutcome(target, leadField ? record.data[leadField].id : record.resId, () => root.load());
    }
}

registry.category("view_widgets").add("firm_call_outcome", {
    component: CallOutcomeButton,
    listViewWidth: 48,
    fieldDependencies: ({ options }) =>
        [
            { name: options.lead_field, type: "many2one" },
            { name: options.asked_field, type: "boolean" },
        ].filter(({ name }) => name),
    extractProps: ({ options }) => ({ leadField: options.lead_field, askedField: options.asked_field }),
});
