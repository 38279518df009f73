// For whoever is signed in. Two subjects in one file, because on a bad line a first visit pays for each request.

// --- The session ------------------------------------------------------------------------------------
// Warns before an idle session ends; one press keeps it. After the end the page and what was typed on it stay: sign in
// on another tab, come back, and the forms here get the new session's token.
{
  // Two minutes to answer, and one because the server notes activity once a minute.
  const WARN_BEFORE_MS = 180_000;
  const dialog = document.getElementById("idle");
  const part = (name) => dialog.querySelector(`[data-${name}]`);
  const otherTabs = new BroadcastChannel("session");
  let warn = 0;
  let end = 0;
  let ended = false;

  function show(isOver) {
    ended = isOver;
    for (const name of ["before", "stay"]) part(name).hidden = isOver;
    for (const name of ["after", "again", "close"]) part(name).hidden = !isOver;
    if (!dialog.open) dialog.showModal();
  }
  function start() {
    clearTimeout(warn);
    clearTimeout(end);
    ended = false;
    dialog.close();
    const whole = Number(dialog.dataset.seconds) * 1000;
    warn = setTimeout(() => show(false), Math.max(whole - WARN_BEFORE_MS, whole / 2));
    end = setTimeout(() => show(true), whole);
  }
  function active() {
    otherTabs.postMessage("active");
    start();
  }
  async function stay() {
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    try {
      const answer = await fetch(dialog.dataset.keepalive, { method: "POST", headers, redirect: "manual" });
      if (answer.ok) active();
      else show(true);
    } catch {
      show(false);
    }
  }
  // Signing in gives a new token; without it the forms of this page would be refused.
  async function comeBack() {
    if (!ended) return;
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const headers = page.body.getAttribute("hx-headers");
    if (!headers) return;
    document.body.setAttribute("hx-headers", headers);
    for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
      input.value = JSON.parse(headers)["X-CSRFToken"];
    }
    start();
  }
  if (dialog?.dataset.keepalive) {
    part("stay").addEventListener("click", stay);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) active(); });
    otherTabs.addEventListener("message", start);
    addEventListener("focus", comeBack);
    active();
  }
}

// --- The palette ------------------------------------------------------------------------------------
// The palette: Ctrl or Cmd and K anywhere. Asks the server while somebody types; arrows choose, Enter opens, Esc closes.
{
  const dialog = document.getElementById("palette");
  const box = dialog.querySelector("input[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const said = dialog.querySelector("[role=status]");
  const form = box.form;
  const WAIT_MS = 120;
  let timer = 0;
  let asking = null;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    box.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    list.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, signal });
      if (answer.redirected || (!answer.ok && answer.status !== 429)) return form.submit();
      list.innerHTML = await answer.text();
    } catch (error) {
      if (error.name === "AbortError") return;
      list.replaceChildren(document.getElementById("failed-note").content.querySelector("span").cloneNode(true));
    }
    list.removeAttribute("aria-busy");
    options().forEach((option, place) => {
      option.id = `hit-${place}`;
      option.setAttribute("aria-selected", "false");
    });
    box.setAttribute("aria-expanded", String(options().length > 0));
    said.textContent = list.querySelector("[data-said]")?.dataset.said ?? list.textContent;
    choose(box.value.trim() ? options()[0] : null);
  }

  function open() {
    if (document.querySelector("dialog[open]")) return;
    dialog.showModal();
    box.select();
    ask();
  }

  // What is listed answers an earlier question from the first letter on, so Enter must not open it.
  box.addEventListener("input", () => {
    choose(null);
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  box.addEventListener("keydown", (event) => {
    const all = options();
    const here = all.indexOf(chosen());
    const next = { ArrowDown: here + 1, ArrowUp: here < 0 ? -1 : here - 1 }[event.key];
    if (next === undefined || !all.length) return;
    event.preventDefault();
    choose(all.at(next % all.length));
  });
  form.addEventListener("submit", (event) => {
    const option = chosen();
    if (!option) return;
    event.preventDefault();
    event.stopPropagation();
    option.click();
  }, true);
  dialog.addEventListener("close", () => {
    asking?.abort();
    box.setAttribute("aria-expanded", "false");
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const menu = opener.closest("details");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    open();
  });
  if (document.body.dataset.shortcuts === "on") {
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open();
    });
  }
}
