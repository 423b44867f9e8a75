import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

import { reactive } from "@odoo/owl";

const { DateTime } = luxon;

export const TICK = 20 * 1000;

/**
 * One clock for everything that shows elapsed time: who reads `now` through `useState` is rendered again with it.
 * A page that was in the background, where browsers slow timers down, is brought up to date when it is looked at.
 */
export const firmClockService = {
    start() {
        const clock = reactive({ now: DateTime.now() });
        const tick = () => (clock.now = DateTime.now());
        browser.setInterval(tick, TICK);
        document.addEventListener("visibilitychange", () => document.hidden || tick());
        return clock;
    },
};

registry.category("services").add("firm_clock", firmClockService);
