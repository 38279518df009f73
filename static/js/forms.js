// Forms: one send at a time, a warning before typed words are left behind, the error summary takes the focus.
const SAY_SENDING_MS = 300;
const SEND_AGAIN_MS = 15_000;
const typedIn = new WeakSet();
let leaving = false;

document.querySelector("[data-errors]")?.focus();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-guard]")) typedIn.add(form);
});
addEventListener("beforeunload", (event) => {
  if (leaving) return;
  for (const form of document.querySelectorAll("form[data-guard]")) {
    if (typedIn.has(form)) event.preventDefault();
  }
});

function unlock(form) {
  form.classList.remove("sending");
  form.removeAttribute("aria-busy");
  form.querySelector("[data-sending]")?.remove();
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.classList.contains("sending")) {
    event.preventDefault();
    return;
  }
  leaving = !form.hasAttribute("hx-post");
  form.classList.add("sending");
  form.setAttribute("aria-busy", "true");
  setTimeout(() => {
    if (!form.classList.contains("sending")) return;
    const words = document.getElementById("sending-words")?.content.firstElementChild.cloneNode(true);
    if (!words) return;
    words.dataset.sending = "";
    words.className = "mute sm";
    words.setAttribute("role", "status");
    (event.submitter ?? form.lastElementChild)?.after(words);
  }, SAY_SENDING_MS);
  setTimeout(() => { unlock(form); leaving = false; }, SEND_AGAIN_MS);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form");
  if (!form) return;
  unlock(form);
  if (event.detail.successful) typedIn.delete(form);
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  for (const form of document.querySelectorAll("form.sending")) unlock(form);
});
