import { Form } from "@website/snippets/s_website_form/form";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { delay } from "@web/core/utils/concurrency";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

// A little more than the server asks of a person (MIN_FILL_SECONDS), so that a person never hears of it.
const MIN_FILL_MS = 3500;
const TIMEOUT_MS = 60000;
// The same content within this time is the same request, also after the page was loaded again.
const SAME_REQUEST_MS = 3600 * 1000;
const STORAGE_KEY = "crm_firm.request";
// What differs from one loading of the page to the next
const PAGE_INPUTS = ["crm_firm_token", "csrf_token", "idempotency_key"];

/**
 * The request page: Odoo's website form, which collects the fields, answers captchas and posts. Ours are the key that
 * makes one request of a form sent twice, and messages at their fields, tied to them for screen readers.
 */
patch(Form.prototype, {
    setup() {
        super.setup();
        this.isFirmRequest = this.el.matches(".o_crm_firm_request");
        this.isFirmForm = !this.isFirmRequest && this.el.dataset.model_name === "crm.lead";
        this.openedAt = performance.now();
    },

    /** A form of leads that an editor has put on another page asks for the same consents, and proves the same. */
    async willStart() {
        await super.willStart();
        if (this.isFirmForm && !this.el.elements.crm_firm_token) {
            const response = await this.waitFor(fetch("/request/consents", { credentials: "same-origin" }));
            const partsEl = document.createElement("div");
            partsEl.className = "o_crm_firm_request_parts";
            partsEl.innerHTML = response.ok ? await this.waitFor(response.text()) : "";
            partsEl.querySelector("[name=csrf_token]")?.remove();
            const submitEl = this.el.querySelector(".s_website_form_submit");
            this.insert(partsEl, submitEl || this.el, submitEl ? "beforebegin" : "beforeend");
        }
    },

    /** What was typed while this script was loading, or came back with the page, is the person's work: it stays. */
    resetForm() {
        if (!this.isFirmRequest) {
            return super.resetForm();
        }
    },

    async send() {
        if (!this.isFirmRequest) {
            return super.send();
        }
        await this.waitFor(delay(this.openedAt + MIN_FILL_MS - performance.now()));
        this.el.elements.idempotency_key.value = getKey(this.el);
        const timeout = delay(TIMEOUT_MS).then(() => this.updateStatus("error"));
        return this.waitFor(Promise.race([super.send(), timeout]));
    },

    removeErrorMessages() {
        if (!this.isFirmRequest) {
            return super.removeErrorMessages();
        }
        for (const messageEl of this.el.querySelectorAll(".o_crm_firm_error")) {
            messageEl.remove();
        }
        for (const inputEl of this.el.querySelectorAll("[aria-invalid]")) {
            inputEl.removeAttribute("aria-invalid");
            inputEl.removeAttribute("aria-describedby");
            inputEl.classList.remove("is-invalid");
        }
    },

    /**
     * Shows messages at their fields. Without any, asks the browser about the fields that an editor made required:
     * all other rules are the server's.
     *
     * @param {Object} errors input name -> message
     */
    checkErrorFields(errors) {
        errors = { ...errors };
        if (this.isFirmRequest || this.isFirmForm) {
            this.renewPage(errors);
        }
        if (!this.isFirmRequest) {
            return super.checkErrorFields(errors);
        }
        if (!Object.keys(errors).length) {
            for (const inputEl of this.el.querySelectorAll(".s_website_form_input[name]")) {
                if (inputEl.required && !inputEl.checkValidity()) {
                    errors[inputEl.name] = inputEl.validationMessage;
                }
            }
        }
        let firstEl = null;
        for (const inputEl of this.el.querySelectorAll("[name]")) {
            const message = errors[inputEl.name];
            if (message && inputEl.type !== "hidden" && !inputEl.hasAttribute("aria-invalid")) {
                this.showError(inputEl, message);
                firstEl = firstEl || inputEl;
            }
        }
        if (firstEl) {
            this.updateStatus("error", errors.form || _t("Please check the marked fields. Nothing you typed is lost."));
            firstEl.focus();
        }
        return !firstEl;
    },

    showError(inputEl, message) {
        const messageEl = document.createElement("p");
        messageEl.id = `${inputEl.id || inputEl.name}_error`;
        messageEl.className = "o_crm_firm_error invalid-feedback d-block mb-0";
        messageEl.textContent = message;
        inputEl.parentElement.append(messageEl);
        inputEl.setAttribute("aria-invalid", "true");
        inputEl.setAttribute("aria-describedby", messageEl.id);
        inputEl.classList.add("is-invalid");
    },

    /** Takes over what the server renewed: its token, the session's, and wordings that have changed meanwhile. */
    renewPage(errors) {
        if (errors.crm_firm_token) {
            if (this.el.elements.crm_firm_token) {
                this.el.elements.crm_firm_token.value = errors.crm_firm_token;
            }
            this.openedAt = performance.now();
            for (const [purpose, text] of Object.entries(errors.crm_firm_wordings)) {
                const wordingEl = this.el.querySelector(`.o_crm_firm_wording[data-purpose="${purpose}"]`);
                if (wordingEl && wordingEl.textContent !== text) {
                    wordingEl.textContent = text;
                    this.el.elements[`consent_${purpose}`].checked = false;
                }
            }
        }
        if (errors.csrf_token) {
            odoo.csrf_token = errors.csrf_token;
        }
        for (const name of ["crm_firm_token", "crm_firm_wordings", "csrf_token"]) {
            delete errors[name];
        }
    },

    updateStatus(status, message) {
        if (!this.isFirmRequest) {
            return super.updateStatus(status, message);
        }
        const statusEl = this.el.querySelector("#s_website_form_result");
        statusEl.className = status === "error" ? "alert alert-danger" : "alert alert-success";
        statusEl.textContent =
            message ||
            _t(
                "Your request could not be sent just now. Everything you typed is still here: " +
                    "wait a moment and press the button again. It will not be sent twice. " +
                    "If it fails again, please call us."
            );
        if (status === "error") {
            statusEl.scrollIntoView({ block: "nearest" });
        }
    },
});

/**
 * Returns the key of what the form says now. It stays the same until something is changed, so that a double click, a
 * retry or a page loaded again makes one request, and what was corrected is never taken for what was sent before.
 */
function getKey(formEl) {
    const fields = [...new FormData(formEl)].filter(([name]) => !PAGE_INPUTS.includes(name));
    const digest = hash(JSON.stringify(fields));
    const now = Date.now();
    let last = formEl.crmFirmRequest;
    try {
        last = last || JSON.parse(sessionStorage.getItem(STORAGE_KEY));
    } catch {
        // A frame of another site may have no storage: the page itself remembers.
    }
    if (!last || last.digest !== digest || now - last.at > SAME_REQUEST_MS) {
        last = { digest, key: makeKey(), at: now };
    }
    formEl.crmFirmRequest = last;
    try {
        sessionStorage.setItem(STORAGE_KEY, JSON.stringify(last));
    } catch {
        // as above
    }
    return last.key;
}

/** `crypto.randomUUID` exists on pages with https only; this does not need it. */
function makeKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** FNV-1a, twice with different seeds: tells contents apart, keeps nothing of them. */
function hash(text) {
    return [0x811c9dc5, 0x01000193]
        .map((seed) => {
            let value = seed;
            for (let i = 0; i < text.length; i++) {
                value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
            }
            return (value >>> 0).toString(16);
        })
        .join("");
}

/** Tells the site that shows the page in a frame how high it is (see controllers/website_form.py). */
export class RequestFrame extends Interaction {
    static selector = ".o_crm_firm_page[data-embedded]";

    start() {
        const tell = () =>
            window.parent.postMessage({ type: "crm_firm:height", height: Math.ceil(this.el.getBoundingClientRect().height) }, "*");
        const observer = new ResizeObserver(tell);
        observer.observe(this.el);
        this.registerCleanup(() => observer.disconnect());
    }
}

registry.category("public.interactions").add("crm_firm.request_frame", RequestFrame);
