// Warns two minutes before an idle session ends; one press keeps it. After the end the page and its words stay.
const WARN_BEFORE_MS = 120_000;
const dialog = document.getElementById("idle");
const part = (name) => dialog.querySelector(`[data-${name}]`);
let warn = 0;
let end = 0;

function show(ended) {
  for (const name of ["before", "stay"]) part(name).hidden = ended;
  for (const name of ["after", "again", "close"]) part(name).hidden = !ended;
  if (!dialog.open) dialog.showModal();
}
function start() {
  clearTimeout(warn);
  clearTimeout(end);
  const whole = Number(dialog.dataset.seconds) * 1000;
  warn = setTimeout(() => show(false), Math.max(whole - WARN_BEFORE_MS, whole / 2));
  end = setTimeout(() => show(true), whole);
}
async function stay() {
  const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  try {
    const answer = await fetch(dialog.dataset.keepalive, { method: "POST", headers: token, redirect: "manual" });
    if (!answer.ok) return show(true);
    dialog.close();
    start();
  } catch {
    show(false);
  }
}
if (dialog?.dataset.keepalive) {
  part("stay").addEventListener("click", stay);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) start(); });
  start();
}
