import { Activity } from "@mail/core/web/activity";
import { patch } from "@web/core/utils/patch";

/** The task “Send proposal” of an opportunity opens its engagement letter. */
patch(Activity.prototype, {
    async onClickLetter() {
        const { action, orm } = this.env.services;
        await action.doAction(await orm.call("mail.activity", "action_open_letter", [[this.props.activity.id]]));
    },
});
