import { patch } from "@web/core/utils/patch";
import { FormController } from "@web/views/form/form_controller";
import { ListController } from "@web/views/list/list_controller";

/** Archiving users asks first who takes their work. */
function askForSuccessor(controller, items, getIds) {
    if (controller.props.resModel === "res.users" && items.archive) {
        items.archive.callback = async () =>
            controller.env.services.action.doAction("crm_firm.firm_user_archive_action", {
                additionalContext: { active_ids: await getIds(), active_model: "res.users" },
                onClose: () => controller.model.load(),
            });
    }
    return items;
}

patch(FormController.prototype, {
    getStaticActionMenuItems() {
        return askForSuccessor(this, super.getStaticActionMenuItems(), () => [this.model.root.resId]);
    },
});

patch(ListController.prototype, {
    getStaticActionMenuItems() {
        return askForSuccessor(this, super.getStaticActionMenuItems(), () => this.model.root.getResIds(true));
    },
});
