import { onWillStart, useEffect, useState, useSubEnv } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

import { DocumentPreview } from "./document_preview";

/**
 * Documents are reviewed beside their list: a click shows one, V validates it and R rejects it, and the next is there. On a
 * phone, where there is no room beside it, a click opens the document.
 */
export class DocumentReviewController extends ListController {
    static template = "crm_firm.DocumentReview";
    static components = { ...ListController.components, DocumentPreview };

    setup() {
        super.setup();
        this.notification = useService("notification");
        this.review = useState({ id: 0, stamp: 0 });
        this.shown = null;
        this.isBusy = false;
        this.mayDecide = false; // a colleague who follows a case only reads
        onWillStart(async () => {
            this.mayDecide = await user.hasGroup("helpdesk_mgmt.group_helpdesk_user_own");
        });
        useSubEnv({ firmReview: this.review });
        useEffect(
            () => this.showSomething(),
            () => [this.model.isReady && this.model.root.records.map((record) => record.resId).join()]
        );
        useHotkey("v", () => this.validate());
        useHotkey("r", () => this.reject());
    }

    get hasPreview() {
        return !this.env.isSmall && !this.env.inDialog && !this.model.useSampleModel;
    }

    get ids() {
        return this.model.root.records.map((record) => record.resId);
    }

    /** What was looked at stays while it is in the list; else the next one to review is looked at. */
    showSomething() {
        if (!this.hasPreview || !this.model.isReady) {
            return;
        }
        if (!this.ids.includes(this.review.id)) {
            const waiting = this.model.root.records.find((record) => record.data.state === "received");
            this.review.id = waiting?.resId || this.ids[0] || 0;
        }
    }

    async openRecord(record, options) {
        if (!this.hasPreview || options?.newWindow) {
            return super.openRecord(record, options);
        }
        this.review.id = record.resId;
    }

    onShown(document) {
        this.shown = document;
    }

    async decide(check, act) {
        const document = this.shown;
        if (this.isBusy || !this.mayDecide || !document || document.id !== this.review.id || !check(document)) {
            return;
        }
        this.isBusy = true;
        const after = this.ids.slice(this.ids.indexOf(document.id) + 1);
        try {
            await act(document);
            await this.goOn(after);
        } finally {
            this.isBusy = false;
        }
    }

    /** Load the list; from what has been decided on, go on to what waits below it, else above. */
    async goOn(after) {
        await this.model.load();
        const waiting = this.model.root.records.filter((record) => record.data.state === "received").map((record) => record.resId);
        const stays = this.ids.includes(this.review.id) ? this.review.id : this.ids[0] || 0;
        // What was not decided on after all is still the one that is looked at.
        const isUndecided = waiting.includes(this.review.id);
        this.review.id = isUndecided ? this.review.id : after.find((id) => waiting.includes(id)) || waiting[0] || stays;
        this.review.stamp++;
    }

    async validate() {
        await this.decide(isReceived, async ({ id, name }) => {
            await this.orm.call("firm.document.request", "action_validate", [[id]]);
            this.notification.add(_t("Validated: %s.", name), { type: "success" });
        });
    }

    async validateAll() {
        await this.decide(isReceived, async ({ ticket_id: { id, display_name: name } }) => {
            await this.orm.call("helpdesk.ticket", "action_validate_documents", [[id]]);
            this.notification.add(_t("Validated: %s.", name), { type: "success" });
        });
    }

    async reject() {
        await this.decide(
            (document) => isReceived(document) && document.origin !== "firm",
            ({ id }) =>
                new Promise((resolve, reject) => {
                    this.actionService
                        .doAction("crm_firm.firm_document_reject_action", {
                            additionalContext: { active_model: "firm.document.request", active_id: id, active_ids: [id] },
                            onClose: resolve,
                        })
                        .catch(reject);
                })
        );
    }

    async open() {
        const record = this.model.root.records.find(({ resId }) => resId === this.review.id);
        await super.openRecord(record);
    }
}

function isReceived(document) {
    return document.state === "received";
}

class DocumentReviewRenderer extends ListRenderer {
    setup() {
        super.setup();
        this.review = useState(this.env.firmReview);
    }

    getRowClass(record) {
        const classes = super.getRowClass(record);
        return record.resId === this.review.id ? `${classes} o_firm_looked_at` : classes;
    }
}

registry.category("views").add("firm_document_review", {
    ...listView,
    Controller: DocumentReviewController,
    Renderer: DocumentReviewRenderer,
});
