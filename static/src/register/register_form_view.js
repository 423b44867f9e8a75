import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { usePager } from "@web/search/pager_hook";
import { formView } from "@web/views/form/form_view";

import { useEffect } from "@odoo/owl";

/**
 * The screen of the front desk. Nothing of it is saved by itself, as other forms are when one leaves them: a request is
 * registered by its button, or not at all.
 */
class FirmRequestRegisterController extends formView.Controller {
    setup() {
        super.setup();
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
        return this.model.root.dirty && this.model.root.data.state !== "done";
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
        if (clickParams.name !== "action_start_over") {
            return super.beforeExecuteActionButton(clickParams);
        }
        if (!this.isTyped || (await this.confirmLoss(_t("Start over"), _t("What you typed is not registered. Forget it?")))) {
            await this.model.load({ resId: false });
            this.rootRef.el.querySelector(".o_firm_caller input")?.focus();
        }
        return false;
    }

    async beforeLeave({ forceLeave } = {}) {
        if (!this.isTyped || forceLeave) {
            return true;
        }
        return this.confirmLoss(
            _t("Leave without registering"),
            _t("What you typed is not registered yet. Leave this screen and forget it?")
        );
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
