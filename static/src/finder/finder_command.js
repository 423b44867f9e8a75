import { RPCError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { DefaultCommandItem } from "@web/core/commands/command_palette";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

import { Component } from "@odoo/owl";

/** Milliseconds without another key before the server is asked. */
const PAUSE = 250;
const SHORTEST = 2;

const ICONS = {
    person: ["fa-user-o", _t("Person")],
    company: ["fa-building-o", _t("Company")],
    request: ["fa-star-o", _t("Request")],
    case: ["fa-folder-open-o", _t("Case")],
    document: ["fa-file-text-o", _t("Document")],
    letter: ["fa-pencil-square-o", _t("Engagement letter")],
};

class FinderCommand extends Component {
    static template = "crm_firm.FinderCommand";
    static props = { ...DefaultCommandItem.props, found: Object };

    get icon() {
        const [name, title] = ICONS[this.props.found.kind];
        return { name, title: title.toString() };
    }
}

class FinderNotice extends Component {
    static template = "crm_firm.FinderNotice";
    static props = { ...DefaultCommandItem.props, text: String };
}

registry.category("command_categories").add("firm_finder", {}, { sequence: 5 });

let latest = 0;

/** The command palette finds people, requests, cases, documents and letters: whatever is typed without a leading sign. */
registry.category("command_provider").add("firm_finder", {
    async provide(env, { searchValue = "" } = {}) {
        const text = searchValue.trim();
        const turn = ++latest;
        if (text.length < SHORTEST || !user.isInternalUser) {
            return [];
        }
        await new Promise((resolve) => browser.setTimeout(resolve, PAUSE));
        if (turn !== latest) {
            return [];
        }
        let results;
        try {
            results = await env.services.orm.silent.call("firm.finder", "find", [text]);
        } catch (error) {
            if (error instanceof RPCError) {
                // The palette goes on with its other commands, and the person reads why nobody is found.
                const said = error.data?.message || error.message;
                return [{ Component: FinderNotice, name: searchValue, props: { text: said }, action() {} }];
            }
            throw error;
        }
        return results.map((found) => ({
            Component: FinderCommand,
            category: "firm_finder",
            // The palette keeps what resembles the text in its name; the server has found it by a phone or a number already.
            name: `${found.name} ${searchValue}`,
            href: `/odoo/${found.model}/${found.id}`,
            props: { found },
            action() {
                return env.services.action.doAction({
                    type: "ir.actions.act_window",
                    res_model: found.model,
                    res_id: found.id,
                    views: [[false, "form"]],
                });
            },
        }));
    },
});
