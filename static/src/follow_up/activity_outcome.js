import { ActivityMarkAsDone } from "@mail/core/web/activity_markasdone_popover";
import { patch } from "@web/core/utils/patch";

import { CallOutcome } from "../outcome/call_outcome";

ActivityMarkAsDone.components = { ...ActivityMarkAsDone.components, CallOutcome };

/** “Mark done” on the call of a lead asks how the call went. */
patch(ActivityMarkAsDone.prototype, {
    get asksOutcome() {
        return Boolean(this.props.activity.crm_firm_asks_outcome);
    },

    async logOutcome(outcome, when) {
        const { id, res_id, res_model, feedback } = this.props.activity;
        const thread = this.env.services["mail.store"].Thread.insert({ model: res_model, id: res_id });
        const { action, orm } = this.env.services;
        await orm.call("mail.activity", "action_log_outcome", [[id], outcome], {
            note: feedback || null,
            next_contact_on: when,
        });
        this.props.close?.();
        this.props.onActivityChanged?.(thread);
        await thread.fetchNewMessages();
        await action.doAction(await orm.call("crm.lead", "action_tell_attempt", [[res_id]]));
    },
});
