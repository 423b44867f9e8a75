import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/**
 * Say what was done, offer to take it back, and let the view behind show it.
 *
 * Params: `message`; `ids` of leads; `undo`, the public method of `crm.lead` that takes it back.
 */
export function notifyAction(env, action) {
    const { message, undo, ids } = action.params;
    const { action: actionService, notification, orm } = env.services;
    const close = notification.add(message, {
        type: "success",
        autocloseDelay: undo ? 10000 : 4000,
        buttons: undo
            ? [
                  {
                      name: _t("Undo"),
                      onClick: async () => {
                          close();
                          await orm.call("crm.lead", undo, [ids]);
                          await actionService.doAction("soft_reload");
                      },
                  },
              ]
            : [],
    });
    return { type: "ir.actions.act_window_close" };
}

registry.category("actions").add("crm_firm.notify", notifyAction);
