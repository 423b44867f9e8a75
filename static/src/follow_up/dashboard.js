import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const REFRESH = 60000;

/** Where everybody who asked stands: a counter a list, and whether the scheduled jobs are alive. */
export class FollowUpDashboard extends Component {
    static template = "crm_firm.FollowUpDashboard";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ counters: [], jobs: [], standing_since: false });
        onWillStart(() => this.load());
        this.timer = browser.setInterval(() => this.load(), REFRESH);
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    async load() {
        Object.assign(this.state, await this.orm.silent.call("crm.lead", "get_follow_up_dashboard", []));
    }

    formatMoment(moment) {
        return moment ? formatDateTime(deserializeDateTime(moment)) : "";
    }

    open(counter) {
        return this.action.doAction(counter.action);
    }
}

registry.category("actions").add("crm_firm.follow_up_dashboard", FollowUpDashboard);
