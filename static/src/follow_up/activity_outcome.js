import { ActivityMarkAsDone } from "@mail/core/web/activity_markasdone_popover";
import { useState } from "@odoo/owl";
import { serializeDateTime } from "@web/core/l10n/dates";
import { patch } from "@web/core/utils/patch";

const { DateTime } = luxon;

/** “Mark done” on the call of a lead asks how the call went. */
patch(ActivityMarkAsDone.prototype, {
    setup() {
        super.setup(...arguments);
        this.outcome = useState({ asksWhen: false, when: "", busy: false });
    },

    get asksOutcome() {
        return Boolean(this.props.activity.crm_firm_asks_outcome);
    },

    get isWhenMissing() {
        return !this.outcome.when || DateTime.fromISO(this.outcome.when) <= DateTime.now();
    },

    async onClickOutcome(outcome) {
        if (this.outcome.busy) {
            return;
        }
        if (outcome === "call_back" && !this.outcome.asksWhen) {
            this.outcome.asksWhen = true;
            return;
        }
        const { id, res_id, res_model, feedback } = this.props.activity;
        const thread = this.env.services["mail.store"].Thread.insert({ model: res_model, id: res_id });
        this.outcome.busy = true;
        try {
            await this.env.services.orm.call("mail.activity", "action_log_outcome", [[id], outcome], {
                note: feedback || null,
                next_contact_on:
                    outcome === "call_back" ? serializeDateTime(DateTime.fromISO(this.outcome.when)) : null,
            });
        } finally {
            this.outcome.busy = false;
        }
        this.props.close?.();
        this.props.onActivityChanged?.(thread);
        await thread.fetchNewMessages();
        const { action, orm } = this.env.services;
        await action.doAction(await orm.call("crm.lead", "action_tell_attempt", [[res_id]]));
    },
});
