import { useSubEnv } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { ListCogMenu } from "@web/views/list/list_cog_menu";
import { ListController } from "@web/views/list/list_controller";

/**
 * On a phone the buttons for the rows that are ticked stand in the menu of actions, and Odoo shows that menu only where it
 * has entries of its own, as *Export*: whoever may not export would not get at the buttons. They are entries as well.
 */
patch(ListController.prototype, {
    setup() {
        super.setup(...arguments);
        useSubEnv({
            hasTickedButtons: () =>
                this.archInfo.headerButtons.some(({ display, invisible }) => display !== "always" && !this.evalViewModifier(invisible)),
        });
    },
});

patch(ListCogMenu.prototype, {
    get hasItems() {
        return super.hasItems || Boolean(this.props.hasSelectedRecords && this.env.hasTickedButtons?.());
    },
});
