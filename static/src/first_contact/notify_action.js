import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

import { markup } from "@odoo/owl";

let lastCountdown = 0;

/** The text that says how long there is to take something back, and what keeps it true while it is shown. */
function makeCountdown(seconds) {
    const id = `o_firm_countdown_${++lastCountdown}`;
    const end = browser.performance.now() + seconds * 1000;
    const getText = () => {
        const left = Math.ceil((end - browser.performance.now()) / 1000);
        return left > 0 ? _t("E-mail leaves in %s s", left) : _t("The e-mail is leaving");
    };
    const show = () => {
        const element = document.getElementById(id);
        if (element) {
            element.textContent = getText();
        }
    };
    const timer = browser.setInterval(show, 500);
    return {
        // Whoever has the screen read aloud hears it once, not each second.
        text: markup`<span class="visually-hidden">${getText()}</span><span id="${id}" aria-hidden="true">${getText()}</span>`,
        stop: () => browser.clearInterval(timer),
    };
}

/**
 * Say what was done, offer to take it back, and let the view behind show it.
 *
 * Params: `message`; `ids` of leads; `undo`, the public method of `crm.lead` that takes it back; `seconds` until an e-mail
 * leaves that nobody can take back then, 0 when there is none.
 */
export function notifyAction(env, action) {
    const { message, undo, ids, seconds } = action.params;
    const { action: actionService, notification, orm } = env.services;
    const countdown = undo && seconds ? makeCountdown(seconds) : null;
    const close = notification.add(countdown ? markup`${message} ${countdown.text}` : message, {
        type: "success",
        autocloseDelay: undo ? Math.max(10000, 1000 * (seconds || 0)) : 4000,
        onClose: () => countdown?.stop(),
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
