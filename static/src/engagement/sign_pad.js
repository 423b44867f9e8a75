import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** The signature on the page of an engagement letter, drawn with finger, pen or mouse. Without this script one types. */
export class FirmSignPad extends Interaction {
    static selector = "form.o_firm_sign_form";
    dynamicContent = {
        _root: { "t-on-submit": this.onSubmit },
        canvas: {
            "t-on-pointerdown": this.onDown,
            "t-on-pointermove": this.onMove,
            "t-on-pointerup": () => (this.isDrawing = false),
            "t-on-pointercancel": () => (this.isDrawing = false),
        },
        ".o_firm_sign_clear": { "t-on-click": this.clear },
    };

    start() {
        this.el.querySelector(".o_firm_sign_pad").classList.remove("d-none");
        this.canvasEl = this.el.querySelector("canvas");
        this.inputEl = this.el.querySelector("input[name=signature]");
        this.canvasEl.width = this.canvasEl.clientWidth;
        this.pen = this.canvasEl.getContext("2d");
        this.pen.lineWidth = 2.5;
        this.pen.lineCap = "round";
        this.isDrawing = false;
        this.isEmpty = true;
    }

    onDown(ev) {
        this.canvasEl.setPointerCapture(ev.pointerId);
        this.isDrawing = true;
        this.pen.beginPath();
        this.pen.moveTo(ev.offsetX, ev.offsetY);
    }

    onMove(ev) {
        if (this.isDrawing) {
            this.pen.lineTo(ev.offsetX, ev.offsetY);
            this.pen.stroke();
            this.isEmpty = false;
        }
    }

    clear() {
        this.pen.clearRect(0, 0, this.canvasEl.width, this.canvasEl.height);
        this.isEmpty = true;
    }

    onSubmit() {
        this.inputEl.value = this.isEmpty ? "" : this.canvasEl.toDataURL("image/png");
        for (const buttonEl of this.el.querySelectorAll("button[type=submit]")) {
            buttonEl.disabled = true;
        }
    }
}

registry.category("public.interactions").add("crm_firm.sign_pad", FirmSignPad);
