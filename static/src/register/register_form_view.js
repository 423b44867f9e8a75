import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { usePager } from "@web/search/pager_hook";
import { formView } from "@web/views/form/form_view";

import { drawn, focusField, isFaultSeen } from "./firm_fault";

import { reactive, useEffect, useSubEnv } from "@odoo/owl";

/** Buttons that hand on what was typed -> the method that says what is missing or wrong in it. */
const FAULTS_OF = { action_register: "find_faults", action_leave_message: "find_message_faults" };

/**
 * The screen of the front desk. Nothing of it is saved by itself, as other forms are when one leaves them: a request is
 * registered by its button, or not at all.
 */
class FirmRequestRegisterController extends formView.Controller {
    setup() {
        super.setup();
        this.notification = useService("notification");
        this.faults = reactive({ found: {} });
        useSubEnv({ firmFaults: this.faults });
        this.canEdit = false; // the screen's own button saves, not the one beside the title
        usePager(() => null); // there is nothing to page through
        useHotkey("control+enter", () => this.clickPrimary(), { bypassEditableProtection: true });
        useEffect(
            (state) => {
                if (state === "done") {
                    this.rootRef.el.querySelector("div[name=done] .btn-primary")?.focus();
                }
            },
            () => [this.model.root.data.state]
        );
    }

    get isTyped() {
        const { data, dirty, isNew } = this.model.root;
        return (dirty || !isNew) && data.state !== "done"; // one that exists has been refused: corrected, it can be tried again
    }

    displayName() {
        return _t("Register a request");
    }

    clickPrimary() {
        const part = this.model.root.data.state === "done" ? "done" : "entry";
        // What is being typed counts: a field takes it over when it is left.
        document.activeElement?.blur();
        this.rootRef.el.querySelector(`div[name=${part}] .btn-primary`)?.click();
    }

    async beforeExecuteActionButton(clickParams) {
        if (clickParams.name in FAULTS_OF) {
            return (await super.beforeExecuteActionButton(clickParams)) && this.isComplete(FAULTS_OF[clickParams.name]);
        }
        if (clickParams.name !== "action_start_over") {
            return super.beforeExecuteActionButton(clickParams);
        }
        if (!this.isTyped || (await this.confirmLoss(_t("Start over"), _t("Your entry has not been registered. Discard it?")))) {
            await this.forgetTyped();
            this.faults.found = {};
            await this.model.load({ resId: false });
            this.rootRef.el.querySelector(".o_firm_caller input")?.focus();
        }
        return false;
    }

    /** What is missing or wrong is said all at once, each at its field, or above if that is hidden; the first has the focus. */
    async isComplete(method) {
        const { root } = this.model;
        const found = await this.orm.call(root.resModel, method, [[root.resId]]);
        const names = Object.keys(found);
        this.faults.found = Object.fromEntries(
            names.map((name) => [name, { text: found[name], value: root.data[name] }])
        );
        if (names.length) {
            focusField(this.rootRef.el, names[0]);
            await drawn();
            for (const name of names.filter((name) => !isFaultSeen(this.rootRef.el, name))) {
                this.notification.add(found[name], { type: "danger" });
            }
        }
        return !names.length;
    }

    async beforeLeave({ forceLeave } = {}) {
        const leaves =
            !this.isTyped ||
            forceLeave ||
            (await this.confirmLoss(
                _t("Leave without registering"),
                _t("Your entry has not been registered yet. Leave this screen and discard it?")
            ));
        if (leaves) {
            await this.forgetTyped();
        }
        return leaves;
    }

    /** What was refused, as without permission to keep it, has reached the server all the same: it does not stay there. */
    async forgetTyped() {
        const { resId, resModel, data } = this.model.root;
        if (resId && data.state !== "done") {
            await this.orm.unlink(resModel, [resId]);
        }
    }

    beforeUnload(ev) {
        if (this.isTyped) {
            ev.preventDefault();
            ev.returnValue = "Unsaved changes";
        }
    }

    beforeVisibilityChange() {}

    confirmLoss(confirmLabel, body) {
        return new Promise((resolve) => {
            this.dialogService.add(
                ConfirmationDialog,
                {
                    title: _t("Not registered yet"),
                    body,
                    confirmLabel,
                    cancelLabel: _t("Stay here"),
                    confirm: () => resolve(true),
                    cancel: () => resolve(false),
                },
                { onClose: () => resolve(false) }
            );
        });
    }
}

registry.category("views").add("firm_request_register", { ...formView, Controller: FirmRequestRegisterController });
