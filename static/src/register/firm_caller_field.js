import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useChildRef, useService } from "@web/core/utils/hooks";
import { getTabableElements } from "@web/core/utils/ui";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { drawn } from "./firm_fault";

import { Component, useRef, useState } from "@odoo/owl";

/** What choosing a match fills in. */
const FILLED_IN = ["contact_name", "partner_name", "phone", "email_from", "vat", "function"];

/**
 * Who is it? One box for a phone, an e-mail address, a VAT number or a name: who matches is shown while one types,
 * with what is open for them. Whom one may not open is told with whom to ask, and cannot be chosen.
 */
export class FirmCallerField extends Component {
    static template = "crm_firm.FirmCallerField";
    static components = { AutoComplete };
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.input = useChildRef();
        this.root = useRef("root");
        this.state = useState({ people: [], peopleOf: false });
    }

    /** Of a company that was chosen: who of its people is it? */
    get people() {
        return this.record.data.partner_id?.id === this.state.peopleOf ? this.state.people : [];
    }

    /** Tab goes on to the next field. Odoo's list of matches would take it to its first line, and vanish with it. */
    onKeydown(ev) {
        if (ev.key !== "Tab" || ev.shiftKey || ev.target !== this.input.el) {
            return;
        }
        const stops = this.getStops();
        const next = stops[stops.indexOf(this.input.el) + 1];
        if (next) {
            ev.preventDefault();
            next.focus();
        }
    }

    getStops() {
        return getTabableElements(this.root.el.closest(".o_firm_register")).filter(
            (element) => !element.closest(".o_firm_caller_menu")
        );
    }

    get record() {
        return this.props.record;
    }

    get chosen() {
        const { partner_id, source_lead_id } = this.record.data;
        return partner_id || source_lead_id || null;
    }

    get sources() {
        return [{ placeholder: _t("Searching…"), optionSlot: "match", options: (text) => this.loadMatches(text) }];
    }

    async loadMatches(text) {
        text = text.trim();
        if (!text) {
            return [];
        }
        const matches = await this.keepLast.add(this.orm.silent.call("crm.lead", "find_callers", [text]));
        const options = matches.map((match) => ({
            label: match.display_name,
            data: { match, icon: this.getIcon(match) },
            cssClass: match.id ? "o_firm_caller_match" : "o_firm_caller_match o_firm_caller_closed",
            onSelect: match.id ? () => this.choose(match) : undefined,
        }));
        options.push({
            label: _t("New person: “%s”", text),
            data: { isNew: true },
            cssClass: "o_firm_caller_new",
            onSelect: () => this.takeAsNew(text),
        });
        return options;
    }

    getIcon(match) {
        if (!match.id) {
            return { name: "fa-lock", title: _t("You cannot open it") };
        }
        if (match.model === "crm.lead") {
            return { name: "fa-star-o", title: _t("Earlier request") };
        }
        return match.is_company
            ? { name: "fa-building-o", title: _t("Company") }
            : { name: "fa-user-o", title: _t("Person") };
    }

    async choose({ model, id, display_name, partner_id, is_company }) {
        const changes = { [this.props.name]: display_name };
        if (model === "crm.lead") {
            changes.source_lead_id = { id, display_name };
            changes.partner_id = partner_id ? { id: partner_id, display_name } : false;
        } else {
            changes.partner_id = { id, display_name };
            changes.source_lead_id = false;
        }
        await this.record.update(changes);
        const people = is_company && model !== "crm.lead" ? await this.orm.call("crm.lead", "find_people", [id]) : [];
        Object.assign(this.state, { people, peopleOf: id });
    }

    /** The button that was used goes away with its focus: whoever works by keyboard goes on at what comes next. */
    async choosePerson({ id, name }) {
        await this.choose({ model: "res.partner", id, display_name: name });
        await drawn();
        const isNextField = (element) =>
            element.matches("input, textarea, select") &&
            this.root.el.compareDocumentPosition(element) === Node.DOCUMENT_POSITION_FOLLOWING;
        this.getStops().find(isNextField)?.focus();
    }

    async takeAsNew(text) {
        // What was filled in belongs to whom had been chosen, and must not stay with somebody else.
        const filledIn = this.chosen ? Object.fromEntries(FILLED_IN.map((name) => [name, false])) : {};
        await this.record.update({ ...filledIn, [this.props.name]: text, partner_id: false, source_lead_id: false });
    }

    onChange({ inputValue }) {
        const text = inputValue.trim();
        if (!this.chosen && text !== (this.record.data[this.props.name] || "")) {
            return this.takeAsNew(text);
        }
    }

    async forget() {
        await this.takeAsNew("");
        this.input.el?.focus();
    }
}

export const firmCallerField = {
    component: FirmCallerField,
    displayName: _t("Caller"),
    supportedTypes: ["char"],
    fieldDependencies: [
        { name: "partner_id", type: "many2one", relation: "res.partner" },
        { name: "source_lead_id", type: "many2one", relation: "crm.lead" },
        ...FILLED_IN.map((name) => ({ name, type: "char" })),
    ],
    extractProps: ({ placeholder }) => ({ placeholder }),
};

registry.category("fields").add("firm_caller", firmCallerField);
