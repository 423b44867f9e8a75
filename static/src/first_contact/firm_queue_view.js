import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

import { useEffect, useState } from "@odoo/owl";

/** Ticks of the clock between two looks at the server. */
const REFRESH = 60 * 1000;

/** What closes, with what was typed in it, when the rows are drawn again. */
const OPEN = ".modal, .o_dialog, .o_popover";

/**
 * Somebody leaves the queue open all day: what arrives must show up in it by itself. It does not while the person
 * selects, or a dialog or a call's outcome is open, nor on a page nobody looks at.
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
                document.hidden || root.selection?.length || root.editedRecord || document.querySelector(OPEN);
            if (now.diff(last).valueOf() >= REFRESH && !isBusy) {
                last = now;
                root.load();
            }
        },
        () => [clock.now]
    );
}

/** Where the buttons of a row or a card stand. */
const OUTCOMES = ".o_list_button, .o_firm_outcomes";

/**
 * A click among the buttons of a request is for them only. While one works they are disabled, and a click on a disabled
 * button falls through to the row, which would open the request and drop what the button had to say; when the list is
 * quick, the second half of a double click would even land on the next request.
 *
 * @param {{ el: HTMLElement }} rootRef
 */
function useOutcomesOnly(rootRef) {
    const swallow = (ev) => {
        const isAmong = ev.target.closest(OUTCOMES);
        if (isAmong && (ev.detail > 1 || !ev.target.closest("button:enabled"))) {
            ev.stopPropagation();
            ev.preventDefault();
        }
    };
    useEffect(
        (root) => {
            root?.addEventListener("click", swallow, { capture: true });
            return () => root?.removeEventListener("click", swallow, { capture: true });
        },
        () => [rootRef.el]
    );
}

/** What the list and the kanban of the queue do alike. */
const queueController = (Controller) =>
    class extends Controller {
        setup() {
            super.setup();
            useOutcomesOnly(this.rootRef);
            useQueueRefresh(() => this.model);
        }

        /** What comes by phone or in person is registered on the screen of the front desk, which asks for everything at once. */
        createRecord() {
            return this.actionService.doAction("crm_firm.firm_request_register_action");
        }
    };

registry.category("views").add("firm_queue_list", { ...listView, Controller: queueController(listView.Controller) });
registry.category("views").add("firm_queue_kanban", { ...kanbanView, Controller: queueController(kanbanView.Controller) });
