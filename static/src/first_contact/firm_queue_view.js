import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

import { useEffect, useState } from "@odoo/owl";

/** Ticks of the clock between two looks at the server. */
const REFRESH = 60 * 1000;

/**
 * Somebody leaves the queue open all day: what arrives must show up in it by itself. It does not while the person
 * selects or a dialog is open, nor on a page nobody looks at.
 *
 * @param {() => Object} getModel
 */
function useQueueRefresh(getModel) {
    const clock = useState(useService("firm_clock"));
    let last = clock.now;
    useEffect(
        (now) => {
            const { root } = getModel();
            const isBusy =
                document.hidden || root.selection?.length || root.editedRecord || document.querySelector(".modal, .o_dialog");
            if (now.diff(last).valueOf() >= REFRESH && !isBusy) {
                last = now;
                root.load();
            }
        },
        () => [clock.now]
    );
}

class FirmQueueListController extends listView.Controller {
    setup() {
        super.setup();
        useQueueRefresh(() => this.model);
    }
}

class FirmQueueKanbanController extends kanbanView.Controller {
    setup() {
        super.setup();
        useQueueRefresh(() => this.model);
    }
}

registry.category("views").add("firm_queue_list", { ...listView, Controller: FirmQueueListController });
registry.category("views").add("firm_queue_kanban", { ...kanbanView, Controller: FirmQueueKanbanController });
