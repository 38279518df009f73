// Warns before an idle session ends; one press keeps it. After the end the page and what was typed on it stay: sign in
// on another tab, come back, and the forms here get the new session's token.

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
