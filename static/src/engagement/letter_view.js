import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** Tells that a person looks at an engagement letter. What merely loads the page, as mail scanners do, tells nothing. */
export class FirmLetterView extends Interaction {
    static selector = ".o_firm_letter[data-viewed-url]";
    dynamicContent = {
        _document: {
            "t-on-pointerdown": this.onSign,
            "t-on-pointermove": this.onSign,
            "t-on-wheel": this.onSign,
            "t-on-keydown": this.onSign,
        },
    };

    onSign(ev) {
        if (this.isTold || !ev.isTrusted) {
            return;
        }
        this.isTold = true;
        const body = new FormData();
        body.append("csrf_token", this.el.dataset.csrf);
        // Outlives the page, for those who sign or leave at once
        fetch(this.el.dataset.viewedUrl, { method: "POST", body, keepalive: true });
    }
}

registry.category("public.interactions").add("crm_firm.letter_view", FirmLetterView);
