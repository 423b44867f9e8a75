import { describeDeadline } from "../deadlines/deadline_text";

import { _t } from "@web/core/l10n/translation";

const { Duration } = luxon;

/** Less than this is left: amber. */
export const SOON = Duration.fromObject({ hours: 2 });

/**
 * Say how long something lasts, as exactly as it matters: "5 min", "2 hr, 15 min", "13 hr", "1 day, 4 hr", "3 days".
 *
 * @param {luxon.Duration} duration of any sign
 * @returns {string} in the language of the user
 */
export function formatElapsed(duration) {
    const minutes = Math.floor(Math.abs(duration.as("minutes")));
    let parts = { minutes };
    if (minutes >= 2 * 24 * 60) {
        parts = { days: Math.floor(minutes / (24 * 60)) };
    } else if (minutes >= 24 * 60) {
        parts = { days: 1, hours: Math.floor((minutes - 24 * 60) / 60) };
    } else if (minutes >= 10 * 60) {
        parts = { hours: Math.floor(minutes / 60) };
    } else if (minutes >= 60) {
        parts = { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
    }
    if (!Object.values(parts).at(-1) && Object.keys(parts).length > 1) {
        delete parts[Object.keys(parts).at(-1)];
    }
    return Duration.fromObject(parts).toHuman({ unitDisplay: "short", listStyle: "narrow" });
}

/**
 * @param {luxon.DateTime|false} deadline
 * @param {luxon.DateTime} now
 * @param {boolean} [isAppointment] the deadline is the moment to do it, not the last moment for it
 * @returns {{level: string, icon: string, text: string}|null} null without a deadline
 */
export function getDeadlineState(deadline, now, isAppointment = false) {
    if (!deadline) {
        return null;
    }
    const left = deadline.diff(now);
    const time = formatElapsed(left);
    if (left.valueOf() < 0) {
        return { level: "danger", icon: "fa-exclamation-triangle", text: _t("Overdue by %s", time) };
    }
    const isSoon = left < SOON;
    // What is soon is counted, on the other side of midnight, too
    if (!isSoon && !deadline.hasSame(now, "day")) {
        return { level: "success", icon: "fa-clock-o", text: describeDeadline(deadline, now, null).moment };
    }
    const text = isAppointment ? _t("Call in %s", time) : _t("%s left", time);
    return isSoon
        ? { level: "warning", icon: "fa-hourglass-half", text }
        : { level: "success", icon: "fa-clock-o", text };
}
