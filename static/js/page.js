// Every page: toasts, dialogs, menus, keys, connection. Words come from templates in the page, never from here.
const $ = (selector, from = document) => from.querySelector(selector);
const copy = (id) => document.getElementById(id)?.content.firstElementChild.cloneNode(true);
const TOAST_MS = 10_000;

// Read by htmx when the page is ready, which is after this module; here, so that it does not come with every page.
Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  disableInheritance: true,
  timeout: 15_000,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "409|422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

document.querySelector(".subnav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// --- toasts: ten seconds, longer while somebody is on them ---------------------------------------------------------
function letGo(toast) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  const start = () => { stop(); timer = setTimeout(() => toast.remove(), TOAST_MS); };
  for (const name of ["focusin", "mouseenter"]) toast.addEventListener(name, stop);
  for (const name of ["focusout", "mouseleave"]) toast.addEventListener(name, start);
  start();
}
for (const toast of document.querySelectorAll("[data-toast]")) letGo(toast);

// --- dialogs and menus ---------------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  $("summary", menu).focus();
});

// --- keys: every control with data-key; "g t" is g, then t. Off for whoever switched them off -------------------------
const isTyping = (element) => element.matches("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
let firstKey = "";
function showKeys() {
  const sheet = document.getElementById("keys");
  const list = $("dl", sheet);
  list.replaceChildren();
  for (const control of document.querySelectorAll("[data-key]")) {
    const [key, words] = [document.createElement("dt"), document.createElement("dd")];
    const cap = document.createElement("kbd");
    cap.textContent = control.dataset.key;
    key.append(cap);
    words.textContent = control.getAttribute("aria-label") || control.labels?.[0]?.textContent || control.textContent.trim();
    list.append(key, words);
  }
  sheet.showModal();
}
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || $("dialog[open]")) return;
  if (event.key === "?") return showKeys();
  const pressed = firstKey ? `${firstKey} ${event.key}` : event.key;
  const control = document.querySelector(`[data-key="${CSS.escape(pressed)}"]`);
  firstKey = !firstKey && $(`[data-key^="${CSS.escape(event.key)} "]`) ? event.key : "";
  if (firstKey) setTimeout(() => { firstKey = ""; }, 1500);
  if (!control) return;
  event.preventDefault();
  if (isTyping(control)) control.focus();
  else control.click();
}
if (document.body.dataset.shortcuts === "on") document.addEventListener("keydown", onKey);

// --- connection: one line while it is away; a failed part says so where it would have appeared ----------------------
const said = document.getElementById("said");
function offline() {
  if ($("#offline")) return;
  const note = copy("offline-note");
  note.id = "offline";
  const now = new Date();
  $("[data-at]", note).textContent = now.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  said.append(note);
}
addEventListener("offline", offline);
addEventListener("online", () => $("#offline")?.remove());
if (!navigator.onLine) offline();

function failed(event) {
  const { elt, target } = event.detail;
  const place = target ?? elt;
  // What only helps (a hint beside a form) may fail in silence: it is asked again with the next change.
  if (!place?.parentNode || elt.matches("[data-quiet]") || place.previousElementSibling?.matches("[data-failed]")) return;
  const note = copy("failed-note");
  note.dataset.failed = "";
  $("button", note).addEventListener("click", () => {
    note.remove();
    if (elt.matches("form")) elt.requestSubmit();
    else elt.click();
  });
  if (place === document.body) said.append(note);
  else place.before(note);
}
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, failed);
document.addEventListener("htmx:afterSwap", (event) => {
  $("[data-errors]", event.detail.elt)?.focus();
  for (const toast of event.detail.elt.querySelectorAll("[data-toast]")) letGo(toast);
});
