import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Forms with files, in the client area and behind the link of an e-mail: files are collected from the dialog, by
 * dropping them and from the camera, and sent with a progress bar. Without this script they are plain forms.
 *
 * What was typed and chosen stays until the server says that it has everything.
 */
export class FirmUpload extends Interaction {
    static selector = "form.o_firm_upload_form";
    dynamicContent = {
        _root: { "t-on-submit": this.onSubmit },
        "input[name=files]": { "t-on-change": this.onChoose },
        ".o_firm_upload_camera": { "t-on-change": this.onChoose },
        ".o_firm_upload_list": { "t-on-click": this.onRemove },
        ".o_firm_upload_zone": {
            "t-on-dragover.prevent": () => this.zoneEl.classList.add("o_firm_over"),
            "t-on-dragleave": () => this.zoneEl.classList.remove("o_firm_over"),
            "t-on-drop.prevent": this.onDrop,
        },
    };

    setup() {
        this.uploadEl = this.el.querySelector(".o_firm_upload");
        this.inputEl = this.el.querySelector("input[name=files]");
        this.zoneEl = this.el.querySelector(".o_firm_upload_zone");
        this.listEl = this.el.querySelector(".o_firm_upload_list");
        this.statusEl = this.el.querySelector(".o_firm_upload_status");
        this.progressEl = this.el.querySelector(".o_firm_upload_progress");
        this.texts = JSON.parse(this.uploadEl.dataset.texts);
        this.maxBytes = Number(this.uploadEl.dataset.maxMb) * 1024 * 1024;
        this.isRequired = this.inputEl.required;
        this.files = [];
        this.isSending = false;
    }

    start() {
        this.el.querySelector(".o_firm_upload_script").classList.remove("d-none");
        if (this.inputEl.files.length) {
            this.addFiles(this.inputEl.files); // chosen before the script was here
            this.inputEl.value = "";
        }
    }

    onChoose(ev) {
        this.addFiles(ev.currentTarget.files);
        ev.currentTarget.value = ""; // the same file may be chosen again after it was removed
    }

    onDrop(ev) {
        this.zoneEl.classList.remove("o_firm_over");
        this.addFiles(ev.dataTransfer.files);
    }

    addFiles(files) {
        for (const file of files) {
            const isThere = this.files.some(
                (other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified
            );
            if (!isThere) {
                this.files.push(file);
            }
        }
        this.showFiles();
    }

    onRemove(ev) {
        const buttonEl = ev.target.closest("button");
        if (buttonEl && !this.isSending) {
            this.files.splice(Number(buttonEl.dataset.index), 1);
            this.showFiles();
            this.inputEl.focus();
        }
    }

    showFiles() {
        this.inputEl.required = this.isRequired && !this.files.length;
        this.listEl.replaceChildren();
        this.files.forEach((file, index) => {
            const itemEl = document.createElement("li");
            const nameEl = document.createElement("span");
            const size = file.size < 1048576 ? `${Math.ceil(file.size / 1024)} kB` : `${(file.size / 1048576).toFixed(1)} MB`;
            nameEl.textContent = `${file.name} (${size})`;
            if (file.size > this.maxBytes) {
                nameEl.textContent += ` ${this.texts.tooBig}`;
                nameEl.className = "text-danger fw-bold";
            }
            const buttonEl = document.createElement("button");
            buttonEl.type = "button";
            buttonEl.className = "btn btn-link";
            buttonEl.dataset.index = index;
            buttonEl.textContent = this.texts.remove;
            buttonEl.setAttribute("aria-label", `${this.texts.remove} ${file.name}`);
            itemEl.append(nameEl, buttonEl);
            this.listEl.append(itemEl);
        });
    }

    onSubmit(ev) {
        ev.preventDefault();
        if (this.isSending) {
            return;
        }
        this.showError("");
        const data = new FormData(this.el);
        data.delete("files");
        for (const file of this.files) {
            data.append("files", file, file.name);
        }
        this.setSending(true);
        const request = new XMLHttpRequest();
        request.open("POST", this.el.action);
        request.setRequestHeader("Accept", "application/json");
        request.responseType = "json";
        request.upload.addEventListener("progress", (progress) => {
            if (progress.lengthComputable) {
                this.showProgress(Math.round((100 * progress.loaded) / progress.total));
            }
        });
        request.addEventListener("load", () => this.onAnswer(request.response));
        for (const name of ["error", "abort", "timeout"]) {
            request.addEventListener(name, () => this.onAnswer(null));
        }
        request.send(data);
        this.registerCleanup(() => request.abort());
    }

    onAnswer(answer) {
        if (answer && answer.redirect) {
            this.statusEl.textContent = this.texts.sent;
            window.location.assign(answer.redirect);
            return;
        }
        this.setSending(false);
        this.showError((answer && answer.error) || this.texts.failed);
    }

    setSending(isSending) {
        this.isSending = isSending;
        this.progressEl.classList.toggle("d-none", !isSending || !this.files.length);
        this.showProgress(0);
        this.statusEl.textContent = isSending ? this.texts.sending : "";
        this.el.querySelector("button[type=submit]").disabled = isSending;
    }

    showProgress(percent) {
        this.progressEl.setAttribute("aria-valuenow", percent);
        this.progressEl.firstElementChild.style.width = `${percent}%`;
    }

    showError(message) {
        let errorEl = this.el.querySelector(".o_firm_error");
        if (!message) {
            errorEl?.remove();
            return;
        }
        if (!errorEl) {
            errorEl = document.createElement("div");
            errorEl.className = "alert alert-danger o_firm_error";
            errorEl.style.whiteSpace = "pre-line";
            errorEl.setAttribute("role", "alert");
            this.el.prepend(errorEl);
        }
        errorEl.textContent = message;
        errorEl.scrollIntoView({ block: "center" });
    }
}

registry.category("public.interactions").add("crm_firm.upload", FirmUpload);
