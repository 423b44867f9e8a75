import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const REFRESH = 60000;

/**
 * Where everybody who asked stands: a counter a list. Managers see below who has how much, how the last weeks went and what
 * campaigns bring; administrators, whether the scheduled jobs are alive.
 */
export class FollowUpDashboard extends Component {
    static template = "crm_firm.FollowUpDashboard";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ counters: [], board: {}, jobs: [], standing_since: false });
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

    /** What a week is to the highest one, as height of its bar. */
    getHeight(number, highest) {
        return `height: ${highest ? Math.max((100 * number) / highest, number ? 2 : 0) : 0}%`;
    }

    get kinds() {
        return this.state.board.kinds || [];
    }

    getSum(week) {
        return Object.values(week.requests).reduce((sum, number) => sum + number, 0);
    }

    get mostRequests() {
        return Math.max(...this.state.board.weeks.map((week) => this.getSum(week)));
    }

    get mostDeadlines() {
        return Math.max(...this.state.board.weeks.map((week) => week.met + week.missed));
    }

    getRequestsTitle(week) {
        const parts = this.kinds.map((kind) => `${kind.label}: ${week.requests[kind.key] || 0}`);
        return [week.title, ...parts].join("\n");
    }

    getDeadlinesTitle(week) {
        return [week.title, _t("In time: %s", week.met), _t("Late: %s", week.missed)].join("\n");
    }

    async openCell(column, owner) {
        return this.action.doAction(await this.orm.call("firm.board", "open_cell", [column, owner]));
    }

    open(counter) {
        return this.action.doAction(counter.action);
    }
}

registry.category("actions").add("crm_firm.follow_up_dashboard", FollowUpDashboard);
