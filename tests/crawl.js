/**
 * What tests/crawler.py asks of a page: wait, list what can be pressed, press it, look for faults.
 * Evaluated in the page, as a whole; `odoo` is the loader of the web client, absent on pages of the website.
 * Longer than others: a page takes one script, and its parts share what they know of the page.
 */
(english) => {
    const exact = new Map(english.exact);
    const patterns = english.patterns.map(([pattern, msgid]) => [new RegExp(pattern, "s"), msgid]);
    const words = new RegExp(english.words, "iu");
    const pending = new Map();
    const called = new Set();
    const known = new Map(); // texts looked at: whether they are English
    const PATIENCE = 300000; // ms: a machine with other work is slow, which is no fault
    const isClient = Boolean(document.querySelector(".o_web_client"));
    const load = (name) => window.odoo?.loader?.modules.get(name);
    const getApps = () => [...(load("@odoo/owl")?.App.apps ?? [])];
    const getServices = () => odoo.__WOWL_DEBUG__.root.env.services;
    const { rpcBus } = load("@web/core/network/rpc") ?? {};
    if (rpcBus) {
        rpcBus.addEventListener("RPC:REQUEST", ({ detail }) => {
            pending.set(detail.data.id, detail.url);
            called.add(detail.url);
        });
        rpcBus.addEventListener("RPC:RESPONSE", ({ detail }) => pending.delete(detail.data.id));
    }

    const isShown = (el) => Boolean(el?.checkVisibility?.({ visibilityProperty: true }));
    const findAll = (selector, root = document) => [...root.querySelectorAll(selector)].filter(isShown);
    const tidy = (text) => text.replace(/\s+/g, " ").trim();
    const OPEN_MENU = ".o-dropdown--menu, .o_bottom_sheet";
    const getTop = () =>
        findAll(".o_dialog .modal").at(-1) ?? document.querySelector(isClient ? ".o_action_manager" : "#wrapwrap");

    /** Until no request is under way and nothing is left to render. */
    async function idle() {
        const end = performance.now() + PATIENCE;
        for (let quiet = 0; quiet < 2; quiet++) {
            await new Promise((resolve) => setTimeout(resolve, 10));
            if (pending.size || getApps().some((app) => app.scheduler.tasks.size) || document.querySelector(".o_blockUI")) {
                quiet = -1;
                if (performance.now() > end) {
                    throw new Error(`Still busy: ${[...pending.values()].join(", ")}`);
                }
            } else {
                await new Promise(requestAnimationFrame);
            }
        }
    }

    /** Until something is so that must become so. */
    async function until(isSo) {
        const end = performance.now() + PATIENCE;
        while (!isSo() && performance.now() < end) {
            await new Promise(requestAnimationFrame);
        }
        await idle();
    }

    // === LOOKING === //

    function isEnglish(text) {
        if (!known.has(text)) {
            known.set(text, exact.has(text) || words.test(text) || patterns.some(([pattern]) => pattern.test(text)));
        }
        return known.get(text);
    }

    function findEnglish(root) {
        const texts = new Set([tidy(document.title)]);
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const { parentElement: parent, nodeValue } = walker.currentNode;
            // What people wrote keeps its language.
            if (/[a-z]{2}/i.test(nodeValue) && !parent.closest("script, style, noscript, .o-mail-Message") && isShown(parent)) {
                texts.add(tidy(nodeValue));
            }
        }
        for (const name of ["title", "placeholder", "aria-label", "data-tooltip", "alt"]) {
            for (const el of findAll(`[${name}]`, root)) {
                texts.add(tidy(el.getAttribute(name)));
            }
        }
        return [...texts].filter(isEnglish);
    }

    /** What is wider than the room it has: the page, the dialog on top, the sheet of a form. */
    function findWide() {
        const boxes = findAll(".modal-content, .o_form_sheet, .o_firm_dashboard, .o_kanban_record");
        const name = (el) => el?.className || el?.tagName;
        return [document.documentElement, ...boxes]
            .filter((el) => el.scrollWidth > el.clientWidth + 2)
            .map((el) => {
                const right = el.getBoundingClientRect().left + el.clientWidth + 2;
                const last = findAll("*", el).filter((part) => part.getBoundingClientRect().right > right).at(-1);
                return `${name(el)} is ${el.scrollWidth} wide and has ${el.clientWidth}: ${name(last)}`;
            });
    }

    /** @returns {Promise<string[]>} what is wrong with what is on screen now */
    async function look() {
        await idle();
        const faults = [];
        for (const dialog of findAll(".o_error_dialog")) {
            const text = tidy(dialog.innerText);
            // A refusal with its reason is an answer; "Oops" and "not allowed" behind a door that is offered are none.
            if (dialog.querySelector(".btn-link") || /^(Error de acceso|Access Error|Oops)/.test(text)) {
                dialog.querySelector(".btn-link")?.click();
                await idle();
                faults.push(`error dialog: ${tidy(dialog.innerText).slice(0, 1500)}`);
            }
        }
        faults.push(...findEnglish(isClient ? document.body : getTop() ?? document.body).map((text) => `English: ${text}`));
        return [...faults, ...findWide()];
    }

    // === BUTTONS === //

    /** Every component that is mounted, the parents first. */
    function* getComponents() {
        for (const { root } of getApps()) {
            if (root) {
                yield* walk(root);
            }
        }
    }

    function* walk(node) {
        yield node;
        for (const child of Object.values(node.children)) {
            yield* walk(child);
        }
    }

    /** @returns {Object[]} the buttons on top: their element, model and the method or action they call */
    function findButtons() {
        const { ViewButton } = load("@web/views/view_button/view_button");
        // What was opened last stands last: a dialog may have come out of a menu that is open still.
        const root = findAll(`${OPEN_MENU}, .o_dialog .modal`).at(-1) ?? getTop();
        const buttons = [];
        for (const { component, bdom } of getComponents()) {
            if (component instanceof ViewButton) {
                const { record, list, clickParams } = component.props;
                const node = bdom.firstNode();
                const el = node.nodeType === Node.ELEMENT_NODE ? node : node.nextElementSibling;
                if (clickParams?.name && root.contains(el) && isShown(el) && !el.disabled) {
                    buttons.push({ el, model: (record ?? list).resModel, name: clickParams.name });
                }
            }
        }
        return buttons;
    }

    /** @returns {Object} the search of the screen below all dialogs */
    function getSearch() {
        const { WithSearch } = load("@web/search/with_search/with_search");
        for (const { component } of getComponents()) {
            if (component instanceof WithSearch) {
                return component.searchModel;
            }
        }
    }

    /** @returns {boolean} whether rows of the list on screen can be ticked */
    function canTick() {
        const { ListRenderer } = load("@web/views/list/list_renderer");
        return [...getComponents()].some(({ component }) => component instanceof ListRenderer && component.props.allowSelectors);
    }

    const TOGGLES = ".o_statusbar_buttons, .o-form-buttonbox, .o_control_panel_main_buttons";
    const ACTIONS_BY_PHONE = ".o_control_panel_breadcrumbs_actions .o_cp_action_menus";
    const TICKED = ".o_data_row_selected";

    /** The menus that hold buttons; that of actions does on a phone, when rows are ticked. */
    function findToggles() {
        const isTicked = findAll(TICKED, getTop()).length;
        const places = findAll(isTicked ? `${TOGGLES}, ${ACTIONS_BY_PHONE}` : TOGGLES, getTop());
        return places.flatMap((el) => findAll(isTicked ? ".o-dropdown" : ".o-dropdown:not(.o_cp_action_menus *)", el));
    }

    /** @returns {Promise<Object[]>} what can be pressed on top, with the index of the menu it is in, if it is in one */
    async function listButtons(withMenus) {
        const found = findButtons().map(({ model, name }) => ({ model, name, toggle: null }));
        for (let toggle = 0; withMenus && toggle < findToggles().length; toggle++) {
            await click(findToggles()[toggle]);
            found.push(...findButtons().map(({ model, name }) => ({ model, name, toggle })));
            await closeMenus();
        }
        return found;
    }

    async function closeMenus() {
        for (let i = 0; i < 3 && findAll(OPEN_MENU).length; i++) {
            const target = document.activeElement ?? document.body;
            target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
            await idle();
            findAll(".o_bottom_sheet_backdrop").at(-1)?.click();
            await idle();
        }
    }

    async function press({ model, name, toggle }) {
        if (toggle !== null) {
            await click(findToggles()[toggle]);
        }
        called.clear();
        await click(findButtons().find((button) => button.model === model && button.name === name).el);
    }

    async function click(el) {
        el.click();
        await idle();
    }

    // === FIELDS === //

    const findFields = () =>
        findAll(
            ":is(.o_field_widget, .o_crm_firm_page, .o_firm_portal, #wrap) :is(input, textarea, select, [contenteditable=true], .o_select_menu_toggler, .btn-group button)",
            getTop()
        ).filter((el) => !el.disabled && !el.readOnly && !el.closest(".o_readonly_modifier, .o_list_renderer"));

    /** Give every field of what is on top the focus, as somebody does who goes through it by hand. */
    async function focusFields() {
        const fields = findFields();
        for (const el of fields.filter(isShown)) {
            el.focus();
            if (el.closest(".o_field_date, .o_field_datetime, .o_field_many2one, .o_field_many2many_tags, .o_select_menu")) {
                await click(el);
            }
            el.blur();
            document.querySelector(".o_datetime_picker") && document.body.click();
            await closeMenus();
        }
        await idle();
        return fields.length;
    }

    /** Answer what is asked for on top and is empty still: the first choice, or a word. */
    async function fillRequired() {
        for (const widget of findAll(".o_required_modifier.o_field_widget, .o_field_invalid.o_field_widget", getTop())) {
            const el = widget.querySelector("input, textarea, .o_select_menu_toggler, [contenteditable=true]");
            const badge = widget.querySelector(".o_selection_badge");
            if (badge && !widget.querySelector(".o_selection_badge.active")) {
                await click(badge);
            } else if (el?.type === "radio" && !widget.querySelector(":checked")) {
                await click(el);
            } else if (el?.matches(".o_select_menu_toggler, .o-autocomplete--input") && !(el.value || el.innerText)) {
                await click(el);
                await new Promise((resolve) => setTimeout(resolve, 300)); // an autocomplete waits before it asks
                await idle();
                const choices = ".o-autocomplete--dropdown-item a, .o_select_menu_item, .o_select_menu_bottom_sheet .o_select_menu_item";
                const choice = findAll(choices)[0];
                choice && (await click(choice));
            } else if (el?.type === "file") {
                const files = new DataTransfer();
                files.items.add(new File(["%PDF-1.4 prueba"], "prueba.pdf", { type: "application/pdf" }));
                el.files = files.files;
                el.dispatchEvent(new Event("change", { bubbles: true }));
            } else if (el?.matches("input:not([type=checkbox]), textarea") && !el.value) {
                el.focus();
                el.value = "Prueba";
                el.dispatchEvent(new Event("input", { bubbles: true }));
                el.dispatchEvent(new Event("change", { bubbles: true }));
                el.blur();
            }
            await idle();
        }
    }

    // === GOING ON AND BACK === //

    /** Leave the dialogs that are open, saving nothing, as one does by the keyboard. */
    async function closeDialogs() {
        await closeMenus();
        for (let left = findAll(".o_dialog").length; left; left--) {
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
            await idle();
        }
        getServices().dialog.closeAll(); // one that asks whether to go
        await idle();
    }

    /**
     * Go where `state` was told, whatever has been opened since.
     *
     * @returns {Promise<boolean>} false when the web client stays where it is
     */
    async function reopen({ action, target, model, view, id }) {
        let isThere = false;
        // What a button has opened may have no action of its own.
        const nameless = { type: "ir.actions.act_window", res_model: model, views: [[false, view]], res_id: id };
        const options = { clearBreadcrumbs: true, forceLeave: true, viewType: view, props: id ? { resId: id } : {} };
        getServices()
            .action.doAction(target ?? action ?? nameless, options)
            .then(() => (isThere = true));
        await idle();
        if (isThere && view && getServices().action.currentController.view?.type !== view) {
            // A phone prefers cards.
            await getServices().action.switchView(view);
            await idle();
        }
        return isThere;
    }

    return (window.crawl = {
        closeDialogs,
        closeMenus,
        fillRequired,
        focusFields,
        idle,
        listButtons,
        look,
        press,
        reopen,
        click: (selector, index = 0) => click(findAll(selector)[index]),
        count: (selector) => findAll(selector).length,
        texts: (selector) => findAll(selector).map((el) => tidy(el.innerText || el.title)),
        names: (selector) => findAll(selector).map((el) => el.getAttribute("name")),
        /** Tick the first row of a list, for the buttons that act on several, or take the tick away. */
        tick: async (isTicked) => {
            const row = findAll(".o_data_row")[0];
            if (!row || row.matches(TICKED) === isTicked || !canTick()) {
                return;
            }
            const box = row.querySelector(".o_list_record_selector input");
            if (box) {
                await click(box);
            } else {
                // A phone has no boxes: a row is ticked by a finger that rests on it.
                row.dispatchEvent(new TouchEvent("touchstart", { bubbles: true }));
                await until(() => row.matches(TICKED) === isTicked);
                row.dispatchEvent(new TouchEvent("touchend", { bubbles: true }));
                await idle();
            }
        },
        /** @returns {boolean} whether something was written, or a method called that may have written, since the last press */
        hasCalled: () => [...called].some((url) => /call_button|\/(create|write|web_save|unlink)$/.test(url)),
        isPhone: () => getServices().ui.isSmall,
        isDialog: () => Boolean(findAll(".o_dialog").length),
        state: () => {
            const controller = getServices().action.currentController;
            return {
                action: controller?.action?.id || controller?.action?.tag || null,
                model: controller?.props?.resModel ?? null,
                id: controller?.currentState?.resId || controller?.props?.resId || null,
                view: controller?.view?.type ?? null,
                search: controller?.action?.search_view_id?.[0] ?? null,
            };
        },
        /** @returns {string[][]} what a board of counters offers to press: its name and selector */
        counters: () => [
            ...findAll("[data-counter]").map((el) => [el.dataset.counter, `[data-counter=${el.dataset.counter}]`]),
            ...findAll(".o_firm_board thead button").map((el) => [`column ${el.dataset.column}`, `thead [data-column=${el.dataset.column}]`]),
            ...findAll(".o_firm_cell").map((el) => [`cell ${el.dataset.column}`, `.o_firm_cell[data-column=${el.dataset.column}]`]),
        ],
        /** @returns {Promise<string>} what tells the screen from others: its fields, buttons, filters, whether it has records */
        describe: async (record) => {
            const { action, model, view } = window.crawl.state();
            const names = findAll("th[data-name], .o_field_widget[name], .o_notebook .nav-link[name]", getTop());
            const found = [
                ...names.map((el) => el.dataset.name ?? el.getAttribute("name")),
                ...(await listButtons(true)).map((button) => `${button.model} ${button.name}`),
                ...window.crawl.searchItems().map(({ name }) => name),
                ...window.crawl.counters().map(([name]) => name),
            ];
            return JSON.stringify([action, model, view, Boolean(findAll(record).length), [...new Set(found)].sort()]);
        },
        menus: () => getServices().menu.getAll().map(({ id, xmlid, actionID }) => ({ id, xmlid, actionID })),
        openMenu: async (id) => {
            const { menu } = getServices();
            await menu.selectMenu(menu.getAll().find((item) => item.id === id));
            await idle();
        },
        /** @returns {Object[]} the entries of the menu of filters and groups, with one of the options of each */
        searchItems: () =>
            (getSearch()
                ?.getSearchItems(({ type }) => ["filter", "dateFilter", "groupBy", "dateGroupBy"].includes(type))
                .map(({ id, name, options }) => ({ id, name, option: options?.[0].id ?? null })) ?? []),
        /** Press an entry of the menu of searches, after the one that is on was taken away. */
        search: async (item, shown) => {
            const search = getSearch();
            const items = [shown, item].filter(Boolean);
            for (const { id, option } of items) {
                const { type } = search.searchItems[id];
                search.blockNotification = id !== items.at(-1).id; // the server is asked once
                if (type === "dateFilter") {
                    search.toggleDateFilter(id, option);
                } else if (type === "dateGroupBy") {
                    search.toggleDateGroupBy(id, option);
                } else {
                    search.toggleSearchItem(id);
                }
            }
            await idle();
        },
    });
};
