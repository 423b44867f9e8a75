import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** What a browser shows by itself and runs nothing of, as `SHOWN_INLINE` of the server. */
const SHOWN = { "application/pdf": "pdf", "image/jpeg": "image", "image/png": "image", "image/gif": "image", "image/webp": "image" };

const SPECIFICATION = {
    name: {},
    note: {},
    origin: {},
    reason: {},
    state: {},
    partner_id: { fields: { display_name: {} } },
    ticket_id: { fields: { display_name: {}, document_to_review_count: {} } },
    current_version_ids: { fields: { name: {}, mimetype: {}, uploaded_on: {} } },
};

/**
 * The files of a document, beside the list, with what can be decided about it. Each look is one request, which the trail
 * notes: the file is fetched as a whole, and shown from memory.
 */
export class DocumentPreview extends Component {
    static template = "crm_firm.DocumentPreview";
    static props = {
        documentId: Number,
        mayDecide: Boolean,
        stamp: { type: Number }, // changes when the list was loaded anew
        onShown: Function,
        onValidate: Function,
        onValidateAll: Function,
        onReject: Function,
        onOpen: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ document: null, version: null, kind: "", url: "" });
        useEffect(
            (documentId) => {
                this.load(documentId);
            },
            () => [this.props.documentId, this.props.stamp]
        );
        onWillUnmount(() => this.forget());
    }

    get canReview() {
        return this.props.mayDecide && this.state.document.state === "received";
    }

    get canReject() {
        return this.canReview && this.state.document.origin !== "firm";
    }

    get validateAllText() {
        return _t("Validate all of the case (%s)", this.state.document.ticket_id.document_to_review_count);
    }

    async load(documentId) {
        const [document] = await this.orm.webRead("firm.document.request", [documentId], { specification: SPECIFICATION });
        if (documentId !== this.props.documentId) {
            return; // somebody was quicker
        }
        this.state.document = document;
        this.props.onShown(document);
        const { current_version_ids: versions } = document;
        if (!versions.some((version) => version.id === this.state.version?.id)) {
            await this.show(versions[0]);
        }
    }

    async show(version) {
        this.forget();
        this.state.version = version || null;
        const kind = SHOWN[version?.mimetype];
        if (!kind) {
            return;
        }
        const response = await fetch(this.getUrl(version));
        if (!response.ok || this.state.version?.id !== version.id) {
            return;
        }
        const content = new Blob([await response.arrayBuffer()], { type: version.mimetype });
        if (this.state.version?.id === version.id) {
            Object.assign(this.state, { kind, url: URL.createObjectURL(content) });
        }
    }

    forget() {
        URL.revokeObjectURL(this.state.url);
        Object.assign(this.state, { kind: "", url: "" });
    }

    getUrl(version) {
        return `/crm_firm/document/${version.id}`;
    }
}
