import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

import { reactive } from "@odoo/owl";

/**
 * The days on which the firm works, as the server counts them; asked for once, by the first deadline that is shown.
 * Until they are there, `get` returns null, and whoever reads them through `useState` is rendered again with them.
 */
export const firmWorkingDaysService = {
    dependencies: ["orm"],
    start(env, { orm }) {
        let asked = false;
        const known = reactive({ days: null });
        const load = async () => {
            asked = true;
            try {
                known.days = await orm.silent.call("res.company", "get_crm_firm_working_days", []);
            } catch {
                asked = false; // the day and its hour are said all the same
            }
        };
        return {
            known,
            /**
             * @param {Object} known read through `useState`
             * @param {number} [companyId] default: the user's
             * @returns {string[]|null} ISO dates, in order
             */
            get(known, companyId) {
                if (!asked) {
                    load();
                }
                return known.days?.[companyId || user.activeCompany.id] || null;
            },
        };
    },
};

registry.category("services").add("firm_working_days", firmWorkingDaysService);
