import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

/** The telephone rings: the screen opens from wherever one is, by the keyboard or the command palette. */
export const firmRegisterCommandService = {
    dependencies: ["action", "command"],
    async start(env, { action, command }) {
        if (await user.hasGroup("sales_team.group_sale_salesman")) {
            command.add(_t("Register a request"), () => action.doAction("crm_firm.firm_request_register_action"), {
                category: "app",
                global: true,
                hotkey: "alt+shift+r",
                hotkeyOptions: { bypassEditableProtection: true },
            });
        }
    },
};

registry.category("services").add("firm_register_command", firmRegisterCommandService);
