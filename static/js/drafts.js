// Drafts: what stands in a long form goes to the server every ten seconds while it changes, when the line is back, and
// when the page is put away. Nothing is kept in the browser: machines are shared.
const EVERY_MS = 10_000;
const said = document.getElementById("draft-said");
let changed = false;
let saving = false;

const form = () => document.querySelector("form[data-draft]");
async function save() {
  const from = form();
  if (!from || !changed || saving || from.classList.contains("sending")) return;
  [changed, saving] = [false, true];
  const parts = [...new FormData(from)].filter(([, value]) => typeof value === "string");
  try {
    const answer = await fetch(from.dataset.draftTo, {
      method: "POST", body: new URLSearchParams([...parts, ["draft", from.dataset.draft]]), redirect: "manual", keepalive: true,
    });
    if (answer.status === 200) said.textContent = (await answer.text()).trim();
    changed ||= !answer.ok;
  } catch {
    changed = true;
    said.textContent = said.dataset.away;
  }
  saving = false;
}
for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => { if (event.target.form === form()) changed = true; });
}
setInterval(save, EVERY_MS);
addEventListener("online", save);
document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
