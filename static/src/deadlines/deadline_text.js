import { _t } from "@web/core/l10n/translation";

/** Days around today whose working days are known, as in `models/res_company_deadline_text.py`. */
const AROUND = 366;

/** How many of the sorted dates are not after a day. */
function countUntil(days, day) {
    let [low, high] = [0, days.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        days[middle] <= day ? (low = middle + 1) : (high = middle);
    }
    return low;
}

function describeDistance(day, today, isPast, workingDays) {
    const calendarDays = Math.round(day.diff(today, "days").days);
    if (calendarDays === 0) {
        return isPast ? _t("late") : _t("today");
    }
    if (calendarDays === 1) {
        return _t("tomorrow");
    }
    if (!workingDays || Math.abs(calendarDays) > AROUND) {
        return isPast ? _t("late") : "";
    }
    const days = Math.abs(countUntil(workingDays, day.toISODate()) - countUntil(workingDays, today.toISODate()));
    if (isPast) {
        if (days > 1) {
            return _t("%s working days late", days);
        }
        return days ? _t("1 working day late") : _t("late");
    }
    if (days > 1) {
        return _t("in %s working days", days);
    }
    return days ? _t("in 1 working day") : _t("before the next working day");
}

/**
 * Say until when: the day, its hour, and how many working days that is from now. `_describe_deadline` of the company
 * says it in e-mails by the same rule.
 *
 * @param {luxon.DateTime} deadline
 * @param {luxon.DateTime} now
 * @param {string[]|null} workingDays ISO dates in order, as the service `firm_working_days` knows them
 * @param {boolean} [isDate] a day without an hour
 * @param {boolean} [isDue] what passes is late; a meeting that is over is not
 * @returns {{moment: string, distance: string, level: "danger"|"warning"|"muted"}}
 */
export function describeDeadline(deadline, now, workingDays, isDate = false, isDue = true) {
    const today = now.startOf("day");
    // Midnight ends the day before
    const day = (isDate ? deadline : deadline.minus({ milliseconds: 1 })).startOf("day");
    const isOver = isDate ? day < today : deadline < now;
    const isPast = isDue && isOver;
    const hour = isDate ? "" : `, ${deadline.toFormat("HH:mm").replace("00:00", "24:00")}`;
    return {
        moment: day.toFormat(day.year === today.year ? "ccc d LLL" : "ccc d LLL y") + hour,
        distance: isOver && !isDue ? "" : describeDistance(day, today, isPast, workingDays),
        level: isPast ? "danger" : day.equals(today) ? "warning" : "muted",
    };
}
